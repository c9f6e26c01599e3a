import {
  AuditAction,
  AuditEntityType,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { canonicalJson, sha256 } from '../crypto/canonical';
import { newId } from './Database';
import { feedEvent } from './eventFeed';

/** An event as a service tells it. `payload`: JSON values, checksums, never SQL or secrets. */
export interface NewAuditEvent {
  /** Absent for what the hub did by itself. */
  actorId?: string;
  action: AuditAction;
  entityType: AuditEntityType;
  entityId: string;
  /** Makes the event part of this migration's history. */
  migrationId?: string;
  runId?: string;
  environment?: string;
  requestId?: string;
  payload?: Record<string, unknown>;
}

/** The bytes that are hashed and linked: everything an event says. */
export const canonicalAuditEvent = (
  event: NewAuditEvent & { id: string; at: Date },
): Buffer =>
  Buffer.from(
    canonicalJson({
      scheme: 'migrate-hub/audit/1',
      id: event.id,
      at: event.at.toISOString(),
      actor: event.actorId,
      action: event.action,
      entityType: event.entityType,
      entityId: event.entityId,
      migration: event.migrationId,
      run: event.runId,
      environment: event.environment,
      requestId: event.requestId,
      payload: event.payload ?? {},
    }),
    'utf8',
  );

/**
 * Appends an event in the caller's transaction.
 *
 * @remarks
 * A trigger puts it into the outbox of the chainer, which links it once it is
 * committed: nobody waits for the chain.
 */
export async function appendAuditEvent(
  tx: Knex.Transaction,
  event: NewAuditEvent,
): Promise<void> {
  const id = newId();
  const clock = await tx.raw(`select now() as at`);
  const at: Date = clock.rows[0].at;
  const canonical = canonicalAuditEvent({ ...event, id, at });
  await tx('audit_events').insert({
    id,
    // The milliseconds that were hashed, not the microseconds of the server.
    at: at.toISOString(),
    actor_id: event.actorId,
    action: event.action,
    entity_type: event.entityType,
    entity_id: event.entityId,
    migration_id: event.migrationId,
    run_id: event.runId,
    environment: event.environment,
    request_id: event.requestId,
    payload: JSON.stringify(event.payload ?? {}),
    canonical,
    hash: sha256(canonical),
  });
  await feedEvent(tx, id);
}
