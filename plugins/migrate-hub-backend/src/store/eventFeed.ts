import {
  AuditAction,
  AuditEntityType,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { Tx } from './Database';
import { optional } from './rows';

/** Any number that nothing else of the hub locks. */
const FEED_LOCK = 7_241_124_001;

/** A committed audit event on its way to whoever follows. */
export interface FedEvent {
  /** Of its row in the feed. */
  seq: string;
  id: string;
  at: Date;
  action: AuditAction;
  entityType: AuditEntityType;
  entityId: string;
  actorId?: string;
  /** Entity ref of the actor. */
  actorRef?: string;
  actorName?: string;
  migrationId?: string;
  migrationKey?: string;
  runId?: string;
  environment?: string;
  requestId?: string;
  payload: Record<string, unknown>;
}

/**
 * Inserts events and marks them, in the same statement, as ones to be told
 * outside, in the order of their ids.
 */
export async function feedingEvents(
  tx: Knex.Transaction,
  insertion: Knex.QueryBuilder,
): Promise<void> {
  await tx.raw(
    `with appended as (?)
     insert into event_feed (event_id) select id from appended order by id`,
    [insertion.returning('id')],
  );
}

/**
 * The oldest events that nobody was told of. Until the transaction ends no
 * other replica gets any, so that each event is told by one, in order.
 *
 * @returns undefined while another replica is at it
 * @remarks an event that commits late comes late, but it comes: rows are
 * looked for, not counted on from a last one
 */
export async function takeFedEvents(
  tx: Knex.Transaction,
  limit: number,
): Promise<FedEvent[] | undefined> {
  const lock = await tx.raw(
    'select pg_try_advisory_xact_lock(?::bigint) as taken',
    [FEED_LOCK],
  );
  if (!lock.rows[0].taken) return undefined;
  const { rows } = await tx.raw(
    `
    select f.seq, e.id, e.at, e.action, e.entity_type, e.entity_id, e.actor_id,
           u.entity_ref, u.name, e.migration_id, m.key, e.run_id, e.environment,
           e.request_id, e.payload
      from (select seq, event_id from event_feed order by seq limit ?) as f
      join audit_events e on e.id = f.event_id
      left join users u on u.id = e.actor_id
      left join migrations m on m.id = e.migration_id
     order by f.seq`,
    [limit],
  );
  return rows.map(
    (row: Record<string, string | null> & { at: Date; payload: object }) => ({
      seq: row.seq,
      id: row.id,
      at: row.at,
      action: row.action,
      entityType: row.entity_type,
      entityId: row.entity_id,
      actorId: optional(row.actor_id),
      actorRef: optional(row.entity_ref),
      actorName: optional(row.name),
      migrationId: optional(row.migration_id),
      migrationKey: optional(row.key),
      runId: optional(row.run_id),
      environment: optional(row.environment),
      requestId: optional(row.request_id),
      payload: row.payload,
    }),
  );
}

/** Everybody was told. */
export async function dropFedEvents(
  tx: Knex.Transaction,
  events: readonly FedEvent[],
): Promise<void> {
  await tx('event_feed')
    .whereIn(
      'seq',
      events.map(event => event.seq),
    )
    .delete();
}

/** Events that nobody was told of yet. */
export async function countFedEvents(tx: Tx): Promise<number> {
  const row = await tx('event_feed').count('* as count').first();
  return Number(row?.count ?? 0);
}
