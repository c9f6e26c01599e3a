import {
  AuditAction,
  AuditEntityType,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Cursor } from './cursor';
import { Tx } from './Database';
import { exactTime, optional } from './rows';

/** A line of the audit trail as it is read. */
export interface AuditEventRecord {
  id: string;
  at: Date;
  /** With the digits that a cursor keeps. */
  exactAt: string;
  actorId?: string;
  action: AuditAction;
  entityType: AuditEntityType;
  entityId: string;
  /** What people call it; absent for what has no name. */
  entityName?: string;
  migrationId?: string;
  runId?: string;
  environment?: string;
  requestId?: string;
  payload: Record<string, unknown>;
  /** Of what is in {@link AuditEventRecord.personal}, or was. */
  commitment?: string;
  /** E-mail, address, agent, where they were not erased. */
  personal?: Record<string, unknown>;
}

export interface AuditFilter {
  actorId?: string;
  action?: AuditAction;
  entityType?: AuditEntityType;
  entityId?: string;
  from?: string;
  to?: string;
}

interface Page {
  limit: number;
  after?: Cursor;
}

/**
 * What people call the entity of an event `a`.
 *
 * @remarks by primary keys, for the rows of the page only
 */
export const entityNameOf = (a: string) => `
  case
    -- Where nobody was found, an event names what was asked for.
    when ${a}.entity_id !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then null
    else case ${a}.entity_type
    when 'project' then (select x.key from projects x where x.id = ${a}.entity_id::uuid)
    when 'db_set' then (select x.name from db_sets x where x.id = ${a}.entity_id::uuid)
    when 'db_target' then (select x.name from db_targets x where x.id = ${a}.entity_id::uuid)
    when 'migration' then (select x.key from migrations x where x.id = ${a}.migration_id)
    when 'run' then (select x.key from migrations x where x.id = ${a}.migration_id)
    when 'run_item' then (
      select x.name from run_items i join db_targets x on x.id = i.target_id
       where i.id = ${a}.entity_id::uuid)
    when 'user' then (
      select coalesce(x.email, x.name) from users x where x.id = ${a}.entity_id::uuid)
    end
  end as entity_name`;

/** Not joined: a page in the order of an index stays one. */
const PERSONAL_DATA = `(select p.data from audit_personal p
  where p.event_id = audit_events.id) as data`;

/** Without the canonical bytes: they are for verification. */
const newestFirst = (tx: Tx, page: Page) => {
  const query = tx('audit_events')
    .select(
      'id',
      'at',
      'actor_id',
      'action',
      'entity_type',
      'entity_id',
      'migration_id',
      'run_id',
      'environment',
      'request_id',
      'payload',
      'personal',
      tx.raw(PERSONAL_DATA),
      tx.raw(exactTime('at', 'exact_at')),
      tx.raw(entityNameOf('audit_events')),
    )
    .orderBy([
      { column: 'at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(page.limit + 1);
  if (page.after) {
    query.whereRaw('(at, id) < (?::timestamptz, ?::uuid)', [
      page.after.at,
      page.after.id,
    ]);
  }
  return query;
};

export interface AuditEventRow {
  id: string;
  at: Date;
  actor_id: string | null;
  action: AuditAction;
  entity_type: AuditEntityType;
  entity_id: string;
  entity_name: string | null;
  migration_id: string | null;
  run_id: string | null;
  environment: string | null;
  request_id: string | null;
  payload: Record<string, unknown>;
  personal: string | null;
}

export const toEventContents = (
  row: AuditEventRow,
): Omit<AuditEventRecord, 'exactAt' | 'personal'> => ({
  id: row.id,
  at: row.at,
  actorId: optional(row.actor_id),
  action: row.action,
  entityType: row.entity_type,
  entityId: row.entity_id,
  entityName: optional(row.entity_name),
  migrationId: optional(row.migration_id),
  runId: optional(row.run_id),
  environment: optional(row.environment),
  requestId: optional(row.request_id),
  payload: row.payload,
  commitment: optional(row.personal),
});

const toEvent = (
  row: AuditEventRow & { exact_at: string; data: string | null },
): AuditEventRecord => ({
  ...toEventContents(row),
  personal: row.data === null ? undefined : JSON.parse(row.data),
  exactAt: row.exact_at,
});

/** What the filter asks of an event: the same for a list and for an export. */
export const conditionsOf = (
  filter: AuditFilter,
): { sql: string; value: string }[] =>
  [
    { sql: 'actor_id = ?::uuid', value: filter.actorId },
    { sql: 'action = ?', value: filter.action },
    { sql: 'entity_type = ?', value: filter.entityType },
    { sql: 'entity_id = ?', value: filter.entityId },
    { sql: 'at >= ?::timestamptz', value: filter.from },
    { sql: 'at < ?::timestamptz', value: filter.to },
  ].flatMap(({ sql, value }) => (value === undefined ? [] : [{ sql, value }]));

/**
 * Newest first; one row more than `limit` tells that there is a next page.
 *
 * @remarks relies on audit_events_at, _actor, _action, _entity_id and _entity_type
 */
export async function listAuditEvents(
  tx: Tx,
  filter: AuditFilter,
  page: Page,
): Promise<AuditEventRecord[]> {
  const query = newestFirst(tx, page);
  for (const { sql, value } of conditionsOf(filter)) {
    query.whereRaw(sql, [value]);
  }
  const rows = await query;
  return rows.map(toEvent);
}

/**
 * What happened to a migration, newest first.
 *
 * @remarks relies on audit_events_migration
 */
export async function listMigrationEvents(
  tx: Tx,
  migrationId: string,
  page: Page,
): Promise<AuditEventRecord[]> {
  const rows = await newestFirst(tx, page).where('migration_id', migrationId);
  return rows.map(toEvent);
}

/** Whether there is an event with these fields in its payload, not older than that. */
export async function hasRecentEvent(
  tx: Tx,
  event: {
    action: AuditAction;
    payload: Record<string, string | undefined>;
    personal: Record<string, string | undefined>;
    withinSeconds: number;
  },
): Promise<boolean> {
  const row = await tx('audit_events')
    .leftJoin('audit_personal', 'event_id', 'id')
    .where({ action: event.action })
    .whereRaw(`at > now() - make_interval(secs => ?)`, [event.withinSeconds])
    .whereRaw('payload @> ?::jsonb', [JSON.stringify(event.payload)])
    .whereRaw(`coalesce(data, '{}')::jsonb @> ?::jsonb`, [
      JSON.stringify(event.personal),
    ])
    .first('id');
  return row !== undefined;
}
