import { LoggerService } from '@backstage/backend-plugin-api';
import { NotificationPayload } from '@backstage/plugin-notifications-common';
import { NotificationService } from '@backstage/plugin-notifications-node';
import { AuditAction } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { summaryOf } from '../services/historySummary';
import { RunAudience } from '../services/RunAudience';
import { FedEvent } from '../store/eventFeed';
import { Follower } from './EventFeed';

/** Whom an event concerns, and how it is put. */
interface Note {
  to: 'approvers' | 'participants';
  title: (event: FedEvent) => string;
  severity: (event: FedEvent) => NotificationPayload['severity'];
  /** Whether it is worth a note at all. */
  when?: (event: FedEvent) => boolean;
}

const what = ({ migrationKey, environment }: FedEvent) =>
  `${migrationKey} in ${environment}`;

const NOTES: Partial<Record<AuditAction, Note>> = {
  'run.requested': {
    to: 'approvers',
    title: event => `Approval wanted: ${what(event)}`,
    severity: () => 'normal',
  },
  'run.revised': {
    to: 'approvers',
    title: event => `Changed, approval wanted: ${what(event)}`,
    severity: () => 'normal',
  },
  'run.approved': {
    to: 'participants',
    title: event => `Approved: ${what(event)}`,
    severity: () => 'normal',
    when: ({ payload }) => Number(payload.granted) >= Number(payload.required),
  },
  'run.denied': {
    to: 'participants',
    title: event => `Denied: ${what(event)}`,
    severity: () => 'high',
  },
  'approval.invalidated': {
    to: 'participants',
    title: event => `Needs approval again: ${what(event)}`,
    severity: () => 'normal',
  },
  'run.finished': {
    to: 'participants',
    title: event =>
      `${event.payload.status === 'failed' ? 'Failed' : 'Executed'}: ${what(
        event,
      )}`,
    severity: ({ payload }) =>
      payload.status === 'failed' ? 'high' : 'normal',
  },
  'run.canceled': {
    to: 'participants',
    title: event => `Canceled: ${what(event)}`,
    severity: () => 'normal',
  },
};

/**
 * Notifies approvers of a run that waits, and whoever requested or started it
 * of what became of it; nobody of what he did himself.
 */
export class RunNotifications implements Follower {
  readonly name = 'the notifications service';
  readonly batch = 'one';
  readonly #options: {
    notifications: NotificationService;
    audience: RunAudience;
    logger: LoggerService;
  };
  /** There is no notifications plugin in this backend. */
  #absent = false;

  private constructor(options: {
    notifications: NotificationService;
    audience: RunAudience;
    logger: LoggerService;
  }) {
    this.#options = options;
  }

  static create(options: {
    notifications: NotificationService;
    audience: RunAudience;
    logger: LoggerService;
  }): RunNotifications {
    return new RunNotifications(options);
  }

  async follow(events: readonly FedEvent[]): Promise<void> {
    for (const event of events) await this.#notify(event);
  }

  async #notify(event: FedEvent): Promise<void> {
    const note = NOTES[event.action];
    if (!note || !event.runId || this.#absent) return;
    if (note.when && !note.when(event)) return;
    const { notifications, audience, logger } = this.#options;
    const entityRef = (await audience[note.to](event.runId)).filter(
      ref => ref !== event.actorRef,
    );
    if (entityRef.length === 0) return;
    try {
      await notifications.send({
        recipients: { type: 'entity', entityRef },
        payload: {
          title: note.title(event),
          description: `${event.actorName ?? 'The hub'}: ${summaryOf(event)}`,
          link: `/migrate-hub/runs/${event.runId}`,
          severity: note.severity(event),
          topic: event.action,
          // A later note about the same run takes the place of an earlier one.
          scope: `migrate-hub:run:${event.runId}`,
        },
      });
    } catch (error) {
      if (!/status 404/.test(String(error))) throw error;
      this.#absent = true;
      logger.info('This backend has no notifications plugin: none are sent');
    }
  }
}
