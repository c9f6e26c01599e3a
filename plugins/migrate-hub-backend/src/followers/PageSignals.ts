import { SignalsService } from '@backstage/plugin-signals-node';
import {
  AuditEntityType,
  HUB_SIGNAL_CHANNEL,
  HubSignal,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { FedEvent } from '../store/eventFeed';
import { Follower } from './EventFeed';

/** Who signs in and out is nobody's business, and on no page. */
const UNSEEN: readonly AuditEntityType[] = ['session', 'user'];

/** Tells open pages that something changed, many changes at once. */
export class PageSignals implements Follower {
  readonly name = 'the signals service';
  readonly batch = 'all';
  readonly #signals: SignalsService;

  private constructor(signals: SignalsService) {
    this.#signals = signals;
  }

  static create(signals: SignalsService): PageSignals {
    return new PageSignals(signals);
  }

  async follow(events: readonly FedEvent[]): Promise<void> {
    const kinds = new Set(events.map(event => event.entityType));
    for (const kind of UNSEEN) kinds.delete(kind);
    if (kinds.size === 0) return;
    const message: HubSignal = { changed: [...kinds] };
    await this.#signals.publish({
      recipients: { type: 'broadcast' },
      channel: HUB_SIGNAL_CHANNEL,
      message,
    });
  }
}
