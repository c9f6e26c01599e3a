import {
  ClientCertificateFacts,
  ConnectionCheck,
  Engine,
  PasswordSource,
  TlsOptions,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { DbTargetRecord } from '../domain/types';
import { Cursor } from './cursor';
import { Tx } from './Database';
import { keepPlan } from './keptPlans';
import { exactTime, likeText, optional } from './rows';
import { Question } from './together';

interface DbTargetRow {
  id: string;
  db_set_id: string;
  db_set_name: string;
  project_id: string;
  project_key: string;
  environment: string;
  name: string;
  engine: Engine;
  host: string;
  port: number;
  database: string;
  username: string;
  secret: string;
  password_from: PasswordSource | null;
  client_secret: string | null;
  client_certificate: ClientCertificateFacts | null;
  tls: TlsOptions;
  history_table: string;
  history_schema: string | null;
  server_identity: string | null;
  disabled_at: Date | null;
  parent_disabled: boolean;
  last_test: { ok: boolean; checks: ConnectionCheck[] } | null;
  last_test_at: Date | null;
  revision: number;
  created_by: string;
  created_at: Date;
  updated_at: Date;
}

const toDbTarget = (row: DbTargetRow): DbTargetRecord => ({
  id: row.id,
  dbSetId: row.db_set_id,
  dbSetName: row.db_set_name,
  projectId: row.project_id,
  projectKey: row.project_key,
  environment: row.environment,
  name: row.name,
  engine: row.engine,
  host: row.host,
  port: row.port,
  database: row.database,
  username: row.username,
  secret: row.secret,
  passwordFrom: optional(row.password_from),
  clientSecret: optional(row.client_secret),
  clientCertificate: optional(row.client_certificate),
  tls: row.tls,
  historyTable: row.history_table,
  historySchema: optional(row.history_schema),
  serverIdentity: optional(row.server_identity),
  disabled: row.disabled_at !== null,
  parentDisabled: row.parent_disabled,
  lastTest: optional(row.last_test),
  lastTestAt: optional(row.last_test_at),
  revision: row.revision,
  createdBy: row.created_by,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

const from = (tx: Tx) =>
  tx('db_targets as t')
    .join('db_sets as s', 's.id', 't.db_set_id')
    .join('projects as p', 'p.id', 's.project_id')
    .select(
      't.*',
      's.name as db_set_name',
      's.environment',
      's.project_id',
      'p.key as project_key',
      tx.raw(
        '(s.disabled_at is not null or p.archived_at is not null) as parent_disabled',
      ),
    );

/** By id, or all of some sets; in order of creation. */
export async function findDbTargets(
  tx: Tx,
  filter: { ids: string[] } | { dbSetIds: string[] },
): Promise<DbTargetRecord[]> {
  if ('ids' in filter) {
    const { query, read } = targetsByIds(tx, filter.ids);
    return read((await keepPlan(query)) as DbTargetRow[]);
  }
  const rows = await from(tx)
    .whereIn('t.db_set_id', filter.dbSetIds)
    .orderBy('t.id');
  return rows.map(toDbTarget);
}

/** As {@link findDbTargets}. */
export function targetsByIds(tx: Tx, ids: string[]) {
  return {
    // One array, not thousands of parameters.
    query: from(tx).whereRaw('t.id = any(?::uuid[])', [ids]).orderBy('t.id'),
    read: (rows: DbTargetRow[]) => rows.map(toDbTarget),
  } satisfies Question<DbTargetRecord[]>;
}

export async function findDbTarget(
  tx: Tx,
  id: string,
): Promise<DbTargetRecord | undefined> {
  const row = await from(tx).where('t.id', id).first();
  return row && toDbTarget(row);
}

/** Lets run items refer to the row meanwhile: their key lock does not conflict. */
export async function lockDbTarget(
  tx: Knex.Transaction,
  id: string,
): Promise<DbTargetRecord | undefined> {
  const row = await from(tx).where('t.id', id).forNoKeyUpdate('t').first();
  return row && toDbTarget(row);
}

export async function targetIdsOfProject(
  tx: Tx,
  projectId: string,
): Promise<string[]> {
  return tx('db_targets as t')
    .join('db_sets as s', 's.id', 't.db_set_id')
    .where('s.project_id', projectId)
    .orderBy('t.id')
    .pluck('t.id');
}

/** What a service decides about a target. */
export interface DbTargetValues {
  name: string;
  host: string;
  port: number;
  database: string;
  username: string;
  secret: string;
  passwordFrom?: PasswordSource;
  clientSecret?: string;
  clientCertificate?: ClientCertificateFacts;
  tls: TlsOptions;
  historyTable: string;
  historySchema?: string;
}

const toColumns = (values: DbTargetValues) => ({
  name: values.name,
  host: values.host,
  port: values.port,
  database: values.database,
  username: values.username,
  secret: values.secret,
  password_from: values.passwordFrom
    ? JSON.stringify(values.passwordFrom)
    : null,
  client_secret: values.clientSecret ?? null,
  client_certificate: values.clientCertificate
    ? JSON.stringify(values.clientCertificate)
    : null,
  tls: JSON.stringify(values.tls),
  history_table: values.historyTable,
  history_schema: values.historySchema ?? null,
});

/** Who the server is, as far as it is known. */
export interface KnownIdentity {
  serverIdentity?: string;
  /** An admin's word that a server with the same identity is another one. */
  distinct: boolean;
}

const toIdentityColumns = (id: string, identity: KnownIdentity) => ({
  server_identity: identity.serverIdentity ?? null,
  identity_copy: identity.distinct ? id : '',
});

export async function insertDbTarget(
  tx: Knex.Transaction,
  target: DbTargetValues & {
    id: string;
    dbSetId: string;
    engine: Engine;
    identity: KnownIdentity;
    userId: string;
  },
): Promise<void> {
  await tx('db_targets').insert({
    ...toColumns(target),
    ...toIdentityColumns(target.id, target.identity),
    id: target.id,
    db_set_id: target.dbSetId,
    engine: target.engine,
    created_by: target.userId,
  });
}

/** Without `identity` that stays as it is. */
export async function updateDbTarget(
  tx: Knex.Transaction,
  id: string,
  change: DbTargetValues & { disabled: boolean; identity?: KnownIdentity },
): Promise<void> {
  await tx('db_targets')
    .where({ id })
    .update({
      ...toColumns(change),
      ...(change.identity && toIdentityColumns(id, change.identity)),
      disabled_at: change.disabled
        ? tx.raw('coalesce(disabled_at, now())')
        : null,
      revision: tx.raw('revision + 1'),
      updated_at: tx.fn.now(),
    });
}

export async function saveIdentity(
  tx: Knex.Transaction,
  id: string,
  identity: KnownIdentity,
): Promise<void> {
  await tx('db_targets')
    .where({ id })
    .update({
      ...toIdentityColumns(id, identity),
      revision: tx.raw('revision + 1'),
      updated_at: tx.fn.now(),
    });
}

/** Keeps the result of a connection test, which is no change of the target. */
export async function saveTest(
  tx: Knex.Transaction,
  id: string,
  test: { ok: boolean; checks: ConnectionCheck[] },
): Promise<void> {
  const { ok, checks } = test;
  await tx('db_targets')
    .where({ id })
    .update({
      last_test: JSON.stringify({ ok, checks }),
      last_test_at: tx.fn.now(),
    });
}

/** Another target that is the same database. */
export async function findTwin(
  tx: Tx,
  target: { id: string; serverIdentity: string },
): Promise<DbTargetRecord | undefined> {
  const row = await from(tx)
    .where('t.server_identity', target.serverIdentity)
    .whereNot('t.id', target.id)
    .orderBy('t.id')
    .first();
  return row && toDbTarget(row);
}

export interface DbTargetFilter {
  dbSetId?: string;
  projectId?: string;
  environment?: string;
  disabled?: boolean;
  q?: string;
}

export type DbTargetListRow = DbTargetRecord & { exactCreatedAt: string };

/**
 * Newest first; one row more than `limit` tells that there is a next page.
 *
 * @remarks relies on the unique key of a set's targets, and db_sets_environment
 */
export async function listDbTargets(
  tx: Tx,
  filter: DbTargetFilter,
  page: { limit: number; after?: Cursor },
): Promise<DbTargetListRow[]> {
  const query = from(tx)
    .select(tx.raw(exactTime('t.created_at', 'exact_created_at')))
    .orderBy('t.id', 'desc')
    .limit(page.limit + 1);
  if (filter.dbSetId) query.where('t.db_set_id', filter.dbSetId);
  if (filter.projectId) query.where('s.project_id', filter.projectId);
  if (filter.environment) query.where('s.environment', filter.environment);
  if (filter.disabled === true) query.whereNotNull('t.disabled_at');
  if (filter.disabled === false) query.whereNull('t.disabled_at');
  if (filter.q) {
    const like = likeText(filter.q);
    query.where(inner =>
      inner
        .whereILike('t.name', like)
        .orWhereILike('t.host', like)
        .orWhereILike('t.database', like),
    );
  }
  if (page.after) query.where('t.id', '<', page.after.id);
  const rows = await query;
  return rows.map(row => ({
    ...toDbTarget(row),
    exactCreatedAt: row.exact_created_at,
  }));
}

/** The newest thing that a run did, or does, on a target. */
export interface LastRun {
  runId: string;
  migrationKey: string;
  status: string;
  at: Date;
}

/**
 * Last runs of a page of targets in one query.
 *
 * @remarks relies on run_items_target: unfinished items come first there
 */
export async function lastRunsOf(
  tx: Tx,
  targetIds: string[],
): Promise<(targetId: string) => LastRun | undefined> {
  const { rows } = await tx.raw(
    `
    select t.id as target_id, i.run_id, i.status, m.key as migration_key,
           coalesce(i.finished_at, i.started_at, i.created_at) as at
      from unnest(:targetIds::uuid[]) as t (id)
     cross join lateral (
             select * from run_items
              where target_id = t.id
              order by finished_at desc
              limit 1
           ) as i
      join migrations as m on m.id = i.migration_id
    `,
    { targetIds },
  );
  const found = new Map<string, LastRun>();
  for (const row of rows) {
    found.set(row.target_id, {
      runId: row.run_id,
      migrationKey: row.migration_key,
      status: row.status,
      at: row.at,
    });
  }
  return targetId => found.get(targetId);
}
