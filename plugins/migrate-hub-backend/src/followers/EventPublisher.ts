import { EventsService } from '@backstage/plugin-events-node';
import {
  HUB_EVENT_TOPIC,
  HubEvents,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { FedEvent } from '../store/eventFeed';
import { Follower } from './EventFeed';
import { hubEventOf } from './hubEvent';

/**
 * Publishes what happened for other plugins, on the topic `migrate-hub`.
 *
 * @remarks
 * What there is at one time is one message: where the events backend is
 * installed each message is a request with a token of its own, and a run over
 * many targets has an event for each.
 */
export class EventPublisher implements Follower {
  readonly name = 'the events service';
  readonly batch = 'all';
  readonly #events: EventsService;

  private constructor(events: EventsService) {
    this.#events = events;
  }

  static create(events: EventsService): EventPublisher {
    return new EventPublisher(events);
  }

  async follow(events: readonly FedEvent[]): Promise<void> {
    const eventPayload: HubEvents = { events: events.map(hubEventOf) };
    await this.#events.publish({ topic: HUB_EVENT_TOPIC, eventPayload });
  }
}
