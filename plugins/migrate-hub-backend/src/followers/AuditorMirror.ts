import {
  AuditorService,
  AuditorServiceEventSeverityLevel,
} from '@backstage/backend-plugin-api';
import { AuditAction } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { FedEvent } from '../store/eventFeed';
import { Follower } from './EventFeed';

type Severity = AuditorServiceEventSeverityLevel;

/** By what an action can do. What is not here changes records only: `medium`. */
const SEVERITIES: Partial<Record<AuditAction, Severity>> = {
  'db_target.tested': 'low',
  'login.succeeded': 'low',
  'login.failed': 'medium',
  'session.created': 'low',
  'session.revoked': 'low',
  'run.approved': 'high',
  'run.execution_requested': 'high',
  'run.retried': 'high',
  'run.continued': 'high',
  'run.break_glass_requested': 'high',
  'run.break_glass_confirmed': 'critical',
  'run_item.resolved': 'high',
  'user.created': 'high',
  'user.role_changed': 'critical',
  'user.enabled': 'high',
  'password.set': 'high',
  'settings.changed': 'critical',
  'settings.proposed': 'high',
  'secrets.rotated': 'critical',
  'audit.exported': 'high',
  'webhook.created': 'high',
  'webhook.updated': 'high',
};

/** Attempts that came to nothing. */
const REFUSALS: readonly AuditAction[] = ['login.failed', 'execution.blocked'];

/**
 * Mirrors the audit trail to Backstage's auditor, and so to wherever a company
 * sends that. Without payloads: addresses and e-mails stay where they can be
 * erased; the id leads to the rest.
 */
export class AuditorMirror implements Follower {
  readonly name = 'the auditor';
  readonly batch = 'one';
  readonly #auditor: AuditorService;

  private constructor(auditor: AuditorService) {
    this.#auditor = auditor;
  }

  static create(auditor: AuditorService): AuditorMirror {
    return new AuditorMirror(auditor);
  }

  async follow(events: readonly FedEvent[]): Promise<void> {
    for (const event of events) {
      const meta = {
        auditEvent: event.id,
        at: event.at.toISOString(),
        action: event.action,
        actor: event.actorRef ?? 'migrate-hub',
        entityType: event.entityType,
        entityId: event.entityId,
        ...(event.runId && { run: event.runId }),
        ...(event.migrationKey && { migration: event.migrationKey }),
        ...(event.environment && { environment: event.environment }),
        ...(event.requestId && { requestId: event.requestId }),
      };
      const told = await this.#auditor.createEvent({
        eventId: event.action.replace(/[._]/g, '-'),
        severityLevel: SEVERITIES[event.action] ?? 'medium',
        meta,
      });
      if (REFUSALS.includes(event.action)) {
        await told.fail({ error: new Error(`${event.action}: refused`) });
      } else {
        await told.success();
      }
    }
  }
}
