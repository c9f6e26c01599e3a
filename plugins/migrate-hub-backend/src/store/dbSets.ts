import { Engine } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { DbSetRecord } from '../domain/types';
import { Cursor } from './cursor';
import { newId, Tx } from './Database';
import { exactTime, optional } from './rows';

interface DbSetRow {
  id: string;
  project_id: string;
  project_key: string;
  environment: string;
  name: string;
  description: string | null;
  disabled_at: Date | null;
  revision: number;
  created_by: string;
  created_at: Date;
  updated_at: Date;
}

const toDbSet = (row: DbSetRow): DbSetRecord => ({
  id: row.id,
  projectId: row.project_id,
  projectKey: row.project_key,
  environment: row.environment,
  name: row.name,
  description: optional(row.description),
  disabled: row.disabled_at !== null,
  revision: row.revision,
  createdBy: row.created_by,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

const from = (tx: Tx) =>
  tx('db_sets as s')
    .join('projects as p', 'p.id', 's.project_id')
    .select('s.*', 'p.key as project_key');

export async function findDbSets(
  tx: Tx,
  ids: string[],
): Promise<DbSetRecord[]> {
  const rows = await from(tx).whereIn('s.id', ids).orderBy('s.id');
  return rows.map(toDbSet);
}

export async function findDbSet(
  tx: Tx,
  id: string,
): Promise<DbSetRecord | undefined> {
  const row = await from(tx).where('s.id', id).first();
  return row && toDbSet(row);
}

export async function lockDbSet(
  tx: Knex.Transaction,
  id: string,
): Promise<DbSetRecord | undefined> {
  const row = await from(tx).where('s.id', id).forNoKeyUpdate('s').first();
  return row && toDbSet(row);
}

export async function insertDbSet(
  tx: Knex.Transaction,
  dbSet: {
    projectId: string;
    environment: string;
    name: string;
    description?: string;
    userId: string;
  },
): Promise<string> {
  const id = newId();
  await tx('db_sets').insert({
    id,
    project_id: dbSet.projectId,
    environment: dbSet.environment,
    name: dbSet.name,
    description: dbSet.description,
    created_by: dbSet.userId,
  });
  return id;
}

/** Undefined leaves a column alone, null clears it. The environment never changes. */
export async function updateDbSet(
  tx: Knex.Transaction,
  id: string,
  change: { name?: string; description?: string | null; disabled?: boolean },
): Promise<void> {
  const disabledAt = change.disabled ? tx.fn.now() : null;
  await tx('db_sets')
    .where({ id })
    .update({
      name: change.name,
      description: change.description,
      disabled_at: change.disabled === undefined ? undefined : disabledAt,
      revision: tx.raw('revision + 1'),
      updated_at: tx.fn.now(),
    });
}

export type DbSetListRow = DbSetRecord & { exactCreatedAt: string };

/**
 * Newest first; one row more than `limit` tells that there is a next page.
 *
 * @remarks relies on db_sets_environment and the unique key of projects' sets
 */
export async function listDbSets(
  tx: Tx,
  filter: { projectId?: string; environment?: string; disabled?: boolean },
  page: { limit: number; after?: Cursor },
): Promise<DbSetListRow[]> {
  const query = from(tx)
    .select(tx.raw(exactTime('s.created_at', 'exact_created_at')))
    .orderBy('s.id', 'desc')
    .limit(page.limit + 1);
  if (filter.projectId) query.where('s.project_id', filter.projectId);
  if (filter.environment) query.where('s.environment', filter.environment);
  if (filter.disabled === true) query.whereNotNull('s.disabled_at');
  if (filter.disabled === false) query.whereNull('s.disabled_at');
  if (page.after) query.where('s.id', '<', page.after.id);
  const rows = await query;
  return rows.map(row => ({
    ...toDbSet(row),
    exactCreatedAt: row.exact_created_at,
  }));
}

/** What stands in a set. */
export interface DbSetContents {
  total: number;
  enabled: number;
  /** Enabled ones whose last connection test failed. */
  failing: number;
  engines: Engine[];
}

/** Contents of a page of sets in one query. */
export async function contentsOfDbSets(
  tx: Tx,
  ids: string[],
): Promise<(id: string) => DbSetContents> {
  const { rows } = await tx.raw(
    `
    select db_set_id,
           count(*)::int as total,
           count(*) filter (where disabled_at is null)::int as enabled,
           count(*) filter (where disabled_at is null and last_test->>'ok' = 'false')::int as failing,
           array_agg(distinct engine order by engine) as engines
      from db_targets
     where db_set_id = any(:ids::uuid[])
     group by db_set_id
    `,
    { ids },
  );
  const contents = new Map<string, DbSetContents>();
  for (const { db_set_id: id, total, enabled, failing, engines } of rows) {
    contents.set(id, { total, enabled, failing, engines });
  }
  return id =>
    contents.get(id) ?? { total: 0, enabled: 0, failing: 0, engines: [] };
}
