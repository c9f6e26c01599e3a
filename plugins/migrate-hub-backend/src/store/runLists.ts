import {
  ItemCounts,
  RunStatus,
  RunType,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { RunRecord } from '../domain/types';
import { Cursor } from './cursor';
import { Tx } from './Database';
import { exactTime } from './rows';
import { RunRow, toRun } from './runs';

export interface RunListRow extends RunRecord {
  migration: { id: string; key: string; name: string; project: string };
  version: number;
  exactCreatedAt: string;
}

const listQuery = (tx: Tx) =>
  tx('runs as r')
    .join('migrations as m', 'm.id', 'r.migration_id')
    .join('projects as p', 'p.id', 'r.project_id')
    .join('run_revisions as v', join =>
      join.on('v.run_id', 'r.id').andOn('v.revision', 'r.revision'),
    )
    .select(
      'r.*',
      'm.key as migration_key',
      'm.name as migration_name',
      'p.key as project_key',
      'v.version',
      tx.raw(exactTime('r.created_at', 'exact_created_at')),
    );

const toListRow = (
  row: RunRow & {
    migration_key: string;
    migration_name: string;
    project_key: string;
    version: number;
    exact_created_at: string;
  },
): RunListRow => ({
  ...toRun(row),
  migration: {
    id: row.migration_id,
    key: row.migration_key,
    name: row.migration_name,
    project: row.project_key,
  },
  version: row.version,
  exactCreatedAt: row.exact_created_at,
});

export interface RunFilter {
  status?: RunStatus[];
  environment?: string;
  projectId?: string;
  migrationId?: string;
  type?: RunType;
  requestedBy?: string;
}

/** One row more than `limit` tells that there is a next page. */
export async function listRuns(
  tx: Tx,
  filter: RunFilter,
  page: { limit: number; after?: Cursor; order: 'newest' | 'oldest' },
): Promise<RunListRow[]> {
  const direction = page.order === 'newest' ? 'desc' : 'asc';
  const query = listQuery(tx)
    .orderBy([
      { column: 'r.created_at', order: direction },
      { column: 'r.id', order: direction },
    ])
    .limit(page.limit + 1);
  if (filter.status?.length) query.whereIn('r.status', filter.status);
  if (filter.environment) query.where('r.environment', filter.environment);
  if (filter.projectId) query.where('r.project_id', filter.projectId);
  if (filter.migrationId) query.where('r.migration_id', filter.migrationId);
  if (filter.type) query.where('r.type', filter.type);
  if (filter.requestedBy) query.where('r.requested_by', filter.requestedBy);
  if (page.after) {
    const compare = page.order === 'newest' ? '<' : '>';
    query.whereRaw(
      `(r.created_at, r.id) ${compare} (?::timestamptz, ?::uuid)`,
      [page.after.at, page.after.id],
    );
  }
  return (await query).map(toListRow);
}

export async function findRunListRow(
  tx: Tx,
  id: string,
): Promise<RunListRow | undefined> {
  const row = await listQuery(tx).where('r.id', id).first();
  return row && toListRow(row);
}

/** Several, in no order. */
export async function findRunListRows(
  tx: Tx,
  ids: string[],
): Promise<RunListRow[]> {
  const rows = await listQuery(tx).whereIn('r.id', ids);
  return rows.map(toListRow);
}

export async function dbSetsOfRun(
  tx: Tx,
  runId: string,
): Promise<{ id: string; name: string }[]> {
  return tx('run_db_sets as rs')
    .join('db_sets as s', 's.id', 'rs.db_set_id')
    .where('rs.run_id', runId)
    .orderBy('s.name')
    .select('s.id', 's.name');
}

/** Items of each run by status, in one query for a page of runs. */
export async function itemCounts(
  tx: Tx,
  runIds: string[],
): Promise<(runId: string) => ItemCounts> {
  const rows = await tx('run_items')
    .whereIn('run_id', runIds)
    .groupBy('run_id', 'status')
    .select(
      'run_id',
      'status',
      tx.raw('count(*)::int as n'),
      tx.raw(`count(*) filter (where outcome = 'unknown')::int as unknown`),
    );
  const all = new Map<string, ItemCounts>();
  const none = (): ItemCounts => ({
    total: 0,
    queued: 0,
    running: 0,
    executed: 0,
    skipped: 0,
    failed: 0,
    canceled: 0,
    unknown: 0,
  });
  for (const row of rows) {
    const counts = all.get(row.run_id) ?? none();
    counts[row.status as keyof ItemCounts] = row.n;
    counts.total += row.n;
    counts.unknown += row.unknown;
    all.set(row.run_id, counts);
  }
  return runId => all.get(runId) ?? none();
}
