import {
  RunStatus,
  TransactionMode,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import {
  EnvironmentStateRecord,
  MigrationRecord,
  VersionRecord,
} from '../domain/types';
import { Cursor } from './cursor';
import { Tx } from './Database';
import { keepPlan } from './keptPlans';
import { exactTime, likeText, optional } from './rows';
import { Question } from './together';

interface MigrationRow {
  id: string;
  project_id: string;
  project_key: string;
  project_archived_at: Date | null;
  key: string;
  name: string;
  jira: string | null;
  description: string | null;
  version: number;
  revision: number;
  archived_at: Date | null;
  created_by: string;
  created_at: Date;
  updated_by: string;
  updated_at: Date;
}

const toMigration = (row: MigrationRow): MigrationRecord => ({
  id: row.id,
  projectId: row.project_id,
  projectKey: row.project_key,
  projectArchived: row.project_archived_at !== null,
  key: row.key,
  name: row.name,
  jira: optional(row.jira),
  description: optional(row.description),
  version: row.version,
  revision: row.revision,
  archived: row.archived_at !== null,
  createdBy: row.created_by,
  createdAt: row.created_at,
  updatedBy: row.updated_by,
  updatedAt: row.updated_at,
});

const columns = [
  'm.*',
  'p.key as project_key',
  'p.archived_at as project_archived_at',
];

const from = (tx: Tx) =>
  tx('migrations as m').join('projects as p', 'p.id', 'm.project_id');

export async function findMigration(
  tx: Tx,
  id: string,
): Promise<MigrationRecord | undefined> {
  const row = await from(tx).where('m.id', id).first(columns);
  return row && toMigration(row);
}

/** The one that a run is about. */
export function migrationOfRun(
  tx: Tx,
  runId: string,
): Question<MigrationRecord | undefined> {
  return {
    query: from(tx)
      .join('runs as r', 'r.migration_id', 'm.id')
      .where('r.id', runId)
      .select(columns),
    read: ([row]: MigrationRow[]) => row && toMigration(row),
  };
}

export async function findMigrationIdByKey(
  tx: Tx,
  key: string,
): Promise<string | undefined> {
  const row = await tx('migrations').where({ key }).first('id');
  return row?.id;
}

/** First of the locks of every command: migration, run, items. */
export async function lockMigration(
  tx: Knex.Transaction,
  id: string,
): Promise<MigrationRecord | undefined> {
  const row = await keepPlan(
    from(tx).where('m.id', id).forNoKeyUpdate('m').first(columns),
  );
  return row && toMigration(row);
}

export async function insertMigration(
  tx: Knex.Transaction,
  migration: {
    id: string;
    projectId: string;
    key: string;
    name: string;
    jira?: string;
    description?: string;
    userId: string;
  },
): Promise<void> {
  await tx('migrations').insert({
    id: migration.id,
    project_id: migration.projectId,
    key: migration.key,
    name: migration.name,
    jira: migration.jira,
    description: migration.description,
    version: 1,
    created_by: migration.userId,
    updated_by: migration.userId,
  });
}

/** Undefined leaves a column alone, null clears it. */
export async function updateMigration(
  tx: Knex.Transaction,
  id: string,
  change: {
    name?: string;
    jira?: string | null;
    description?: string | null;
    version?: number;
    archived?: boolean;
    userId: string;
  },
): Promise<void> {
  const archivedAt = change.archived ? tx.fn.now() : null;
  await tx('migrations')
    .where({ id })
    .update({
      name: change.name,
      jira: change.jira,
      description: change.description,
      version: change.version,
      archived_at: change.archived === undefined ? undefined : archivedAt,
      revision: tx.raw('revision + 1'),
      updated_by: change.userId,
      updated_at: tx.fn.now(),
    });
}

/** SQL text stands once, by checksum. It is sent as bytes: encoding fifty megabytes again takes a while. */
export async function saveSqlText(
  tx: Knex.Transaction,
  { checksum, bytes }: { checksum: string; bytes: Buffer },
): Promise<void> {
  await tx('sql_texts')
    .insert({ checksum, sql: bytes })
    .onConflict('checksum')
    .ignore();
}

export async function readSqlText(tx: Tx, checksum: string): Promise<string> {
  const row = await tx('sql_texts').where({ checksum }).first('sql');
  if (!row) throw new Error(`no SQL with checksum ${checksum}`);
  return row.sql;
}

export async function insertVersion(
  tx: Knex.Transaction,
  version: {
    migrationId: string;
    version: number;
    checksumUp: string;
    checksumDown?: string;
    transactionMode: TransactionMode;
    userId: string;
  },
): Promise<void> {
  await tx('migration_versions').insert({
    migration_id: version.migrationId,
    version: version.version,
    checksum_up: version.checksumUp,
    checksum_down: version.checksumDown,
    transaction_mode: version.transactionMode,
    created_by: version.userId,
  });
}

export interface VersionRow {
  migration_id: string;
  version: number;
  checksum_up: string;
  checksum_down: string | null;
  transaction_mode: TransactionMode;
  created_by: string;
  created_at: Date;
}

export const toVersion = (row: VersionRow): VersionRecord => ({
  migrationId: row.migration_id,
  version: row.version,
  checksumUp: row.checksum_up,
  checksumDown: optional(row.checksum_down),
  transactionMode: row.transaction_mode,
  createdBy: row.created_by,
  createdAt: row.created_at,
});

/** All versions, newest first. */
export async function listVersions(
  tx: Tx,
  migrationId: string,
): Promise<VersionRecord[]> {
  const rows = await tx('migration_versions')
    .where({ migration_id: migrationId })
    .orderBy('version', 'desc');
  return rows.map(toVersion);
}

export async function findVersion(
  tx: Tx,
  migrationId: string,
  version: number,
): Promise<VersionRecord | undefined> {
  const row = await tx('migration_versions')
    .where({ migration_id: migrationId, version })
    .first();
  return row && toVersion(row);
}

/** The newest one of a migration. */
export async function currentVersion(
  tx: Tx,
  migrationId: string,
): Promise<VersionRecord | undefined> {
  const row = await tx('migration_versions as v')
    .join('migrations as m', join =>
      join.on('m.id', 'v.migration_id').andOn('m.version', 'v.version'),
    )
    .where('m.id', migrationId)
    .first('v.*');
  return row && toVersion(row);
}

/** The status of the newest one that was not called off; relies on runs_migration. */
const lastApplyRun = (tx: Tx) =>
  tx('runs as r')
    .whereRaw('r.migration_id = s.migration_id')
    .whereRaw('r.environment = s.environment')
    .where('r.type', 'apply')
    .whereNotIn('r.status', ['denied', 'canceled'])
    .orderBy([
      { column: 'r.created_at', order: 'desc' },
      { column: 'r.id', order: 'desc' },
    ])
    .limit(1)
    .select('r.status');

export async function statesOf(
  tx: Tx,
  migrationIds: string[],
): Promise<EnvironmentStateRecord[]> {
  const rows = await tx('environment_states as s')
    .whereIn('s.migration_id', migrationIds)
    .select('s.*', { last_apply_run: lastApplyRun(tx) });
  return rows.map(row => ({
    migrationId: row.migration_id,
    environment: row.environment,
    state: row.state,
    executed: row.executed,
    total: row.total,
    lastApplyRun: optional<RunStatus>(row.last_apply_run),
  }));
}

export async function saveState(
  tx: Knex.Transaction,
  state: EnvironmentStateRecord,
): Promise<void> {
  await tx('environment_states')
    .insert({
      migration_id: state.migrationId,
      environment: state.environment,
      state: state.state,
      executed: state.executed,
      total: state.total,
    })
    .onConflict(['migration_id', 'environment'])
    .merge({
      state: state.state,
      executed: state.executed,
      total: state.total,
      updated_at: tx.fn.now(),
    });
}

/** Whether the state of a migration in an environment was derived within the last second. */
export async function isStateFresh(
  tx: Knex.Transaction,
  at: { migrationId: string; environment: string },
): Promise<boolean> {
  const row = await keepPlan(
    tx('environment_states')
      .where({ migration_id: at.migrationId, environment: at.environment })
      .whereRaw(`updated_at > now() - interval '1 second'`)
      .first(tx.raw('true as fresh')),
  );
  return row !== undefined;
}

export interface MigrationFilter {
  projectId?: string;
  jira?: string;
  q?: string;
  createdBy?: string;
  archived?: boolean;
  /** State in one environment; `draft` also where no row is. */
  state?: { environment: string; state: string };
}

export interface MigrationListRow extends MigrationRecord {
  checksumUp: string;
  checksumDown?: string;
  transactionMode: TransactionMode;
  exactUpdatedAt: string;
}

/** Newest change first; one row more than `limit` tells that there is a next page. */
export async function listMigrations(
  tx: Tx,
  filter: MigrationFilter,
  page: { limit: number; after?: Cursor },
): Promise<MigrationListRow[]> {
  const query = from(tx)
    .join('migration_versions as v', join =>
      join.on('v.migration_id', 'm.id').andOn('v.version', 'm.version'),
    )
    .select(
      ...columns,
      'v.checksum_up',
      'v.checksum_down',
      'v.transaction_mode',
      tx.raw(exactTime('m.updated_at', 'exact_updated_at')),
    )
    .orderBy([
      { column: 'm.updated_at', order: 'desc' },
      { column: 'm.id', order: 'desc' },
    ])
    .limit(page.limit + 1);

  if (filter.projectId) query.where('m.project_id', filter.projectId);
  if (filter.jira) query.where('m.jira', filter.jira);
  if (filter.createdBy) query.where('m.created_by', filter.createdBy);
  if (filter.archived) query.whereNotNull('m.archived_at');
  else query.whereNull('m.archived_at');
  if (filter.q) {
    const like = likeText(filter.q);
    query.where(inner =>
      inner.whereILike('m.key', like).orWhereILike('m.name', like),
    );
  }
  if (filter.state) {
    const { environment, state } = filter.state;
    const rows = tx('environment_states as e')
      .whereRaw('e.migration_id = m.id')
      .where('e.environment', environment);
    if (state === 'draft') {
      query.whereNotExists(rows.whereNot('e.state', 'draft'));
    } else {
      query.whereExists(rows.where('e.state', state));
    }
  }
  if (page.after) {
    query.whereRaw('(m.updated_at, m.id) < (?::timestamptz, ?::uuid)', [
      page.after.at,
      page.after.id,
    ]);
  }
  const rows = await query;
  return rows.map(row => ({
    ...toMigration(row),
    checksumUp: row.checksum_up,
    checksumDown: optional(row.checksum_down),
    transactionMode: row.transaction_mode,
    exactUpdatedAt: row.exact_updated_at,
  }));
}
