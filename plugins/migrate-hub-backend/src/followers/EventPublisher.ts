import { EventsService } from '@backstage/plugin-events-node';
import { HUB_EVENT_TOPIC } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { FedEvent } from '../store/eventFeed';
import { Follower } from './EventFeed';
import { hubEventOf } from './hubEvent';

/** Publishes what happened for other plugins, on the topic `migrate-hub`. */
export class EventPublisher implements Follower {
  readonly name = 'the events service';
  readonly batch = 'one';
  readonly #events: EventsService;

  private constructor(events: EventsService) {
    this.#events = events;
  }

  static create(events: EventsService): EventPublisher {
    return new EventPublisher(events);
  }

  async follow(events: readonly FedEvent[]): Promise<void> {
    for (const event of events) {
      await this.#events.publish({
        topic: HUB_EVENT_TOPIC,
        eventPayload: hubEventOf(event),
        metadata: { action: event.action },
      });
    }
  }
}
