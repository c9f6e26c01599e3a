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

/**
 * Appends an event in the caller's transaction.
 *
 * @remarks
 * The canonical bytes and their hash are kept from the first row on, so that a
 * chain can be laid over them later; `payload` is derived.
 */
export async function appendAuditEvent(
  tx: Knex.Transaction,
  event: NewAuditEvent,
): Promise<void> {
  const id = newId();
  const clock = await tx.raw(`select now() as at`);
  const at: Date = clock.rows[0].at;
  const payload = event.payload ?? {};
  const canonical = canonicalJson({
    scheme: 'migrate-hub/audit/1',
    id,
    at: at.toISOString(),
    actor: event.actorId,
    action: event.action,
    entityType: event.entityType,
    entityId: event.entityId,
    migration: event.migrationId,
    run: event.runId,
    environment: event.environment,
    requestId: event.requestId,
    payload,
  });
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
    payload: JSON.stringify(payload),
    canonical: Buffer.from(canonical, 'utf8'),
    hash: sha256(canonical),
  });
  await feedEvent(tx, id);
}
