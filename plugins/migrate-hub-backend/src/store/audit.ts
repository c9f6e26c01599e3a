import {
  AuditAction,
  AuditEntityType,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { randomBytes } from 'crypto';
import { Knex } from 'knex';
import { canonicalJson, sha256 } from '../crypto/canonical';
import { newId } from './Database';
import { feedingEvents } from './eventFeed';

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
  /** What can be erased: e-mail, address, agent. The event keeps a commitment to it. */
  personal?: {
    /** Whose it is, as far as that is known. */
    userId?: string;
    data: Record<string, unknown>;
  };
}

/** The bytes that are hashed and linked: everything an event says. */
export const canonicalAuditEvent = (
  event: Omit<NewAuditEvent, 'personal'> & {
    id: string;
    at: Date;
    commitment?: string;
  },
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
      personal: event.commitment,
    }),
    'utf8',
  );

/** Salted, so that an address cannot be guessed from what stays. */
function sealPersonal(
  values: Record<string, unknown>,
): { salt: Buffer; data: string; commitment: string } | undefined {
  const data = canonicalJson(values);
  if (data === '{}') return undefined;
  const salt = randomBytes(32);
  const commitment = sha256(Buffer.concat([salt, Buffer.from(data, 'utf8')]));
  return { salt, data, commitment };
}

/** Takes what is known of a person out of the trail; of how many events that was. */
export async function erasePersonal(
  tx: Knex.Transaction,
  userId: string,
): Promise<number> {
  return tx('audit_personal').where({ user_id: userId }).delete();
}

/** Appends an event in the caller's transaction, see {@link appendAuditEvents}. */
export async function appendAuditEvent(
  tx: Knex.Transaction,
  event: NewAuditEvent,
): Promise<void> {
  await appendAuditEvents(tx, [event]);
}

/**
 * Appends events in the caller's transaction, in this order.
 *
 * @remarks
 * A trigger puts them into the outbox of the chainer, which links them once they
 * are committed: nobody waits for the chain.
 *
 * @param known - `at`: when the transaction began, if it has asked already
 */
export async function appendAuditEvents(
  tx: Knex.Transaction,
  events: NewAuditEvent[],
  known: { at?: Date } = {},
): Promise<void> {
  if (events.length === 0) return;
  const at = known.at ?? (await beginOf(tx));
  const rows = events.map(event => rowsOf(event, at));
  await feedingEvents(
    tx,
    tx('audit_events').insert(rows.map(({ recorded }) => recorded)),
  );
  const personal = rows.flatMap(row => row.personal ?? []);
  if (personal.length > 0) await tx('audit_personal').insert(personal);
}

async function beginOf(tx: Knex.Transaction): Promise<Date> {
  const clock = await tx.raw('select now() as at');
  return clock.rows[0].at;
}

/** What is kept for ever, and what can be erased. */
function rowsOf(event: NewAuditEvent, at: Date) {
  const id = newId();
  const personal = sealPersonal(event.personal?.data ?? {});
  const commitment = personal?.commitment;
  const canonical = canonicalAuditEvent({ ...event, id, at, commitment });
  return {
    recorded: {
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
      personal: commitment,
      canonical,
      hash: sha256(canonical),
    },
    personal: personal && {
      event_id: id,
      user_id: event.personal?.userId,
      salt: personal.salt,
      data: personal.data,
    },
  };
}
