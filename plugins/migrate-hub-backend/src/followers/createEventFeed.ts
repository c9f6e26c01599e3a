import { AuditorService, LoggerService } from '@backstage/backend-plugin-api';
import { EventsService } from '@backstage/plugin-events-node';
import { NotificationService } from '@backstage/plugin-notifications-node';
import { SignalsService } from '@backstage/plugin-signals-node';
import { Knex } from 'knex';
import { RunAudience } from '../services/RunAudience';
import { Listener } from '../store/Listener';
import { AuditorMirror } from './AuditorMirror';
import { EventFeed } from './EventFeed';
import { EventPublisher } from './EventPublisher';
import { PageSignals } from './PageSignals';
import { RunNotifications } from './RunNotifications';
import { queueForWebhooks } from './webhookQueue';

/** The feed with all who follow it in a Backstage backend. */
export function createEventFeed(options: {
  knex: Knex;
  listener: Listener;
  logger: LoggerService;
  auditor: AuditorService;
  events: EventsService;
  signals: SignalsService;
  notifications: NotificationService;
  audience: RunAudience;
  onFailure: (follower: string) => void;
}): EventFeed {
  const { auditor, events, signals } = options;
  return EventFeed.create({
    ...options,
    record: queueForWebhooks,
    followers: [
      // First, so that a page knows before anything slower is done.
      PageSignals.create(signals),
      AuditorMirror.create(auditor),
      EventPublisher.create(events),
      RunNotifications.create(options),
    ],
  });
}
