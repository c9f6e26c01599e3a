import {
  HoldKind,
  ItemCounts,
  RunStatus,
  RunType,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { canonicalJson } from '../crypto/canonical';
import { isOpen } from '../domain/runStates';
import { BreakGlass, RevisionRecord, RunRecord } from '../domain/types';
import { Cursor } from './cursor';
import { Tx } from './Database';
import { keepPlan } from './keptPlans';
import { exactTime, optional } from './rows';

/** Times in JSON are text. */
type StoredBreakGlass = Omit<BreakGlass, 'requestedAt' | 'confirmed'> & {
  requestedAt: string;
  confirmed?: Omit<NonNullable<BreakGlass['confirmed']>, 'at'> & { at: string };
};

const toBreakGlass = ({
  requestedAt,
  confirmed,
  ...rest
}: StoredBreakGlass): BreakGlass => ({
  ...rest,
  requestedAt: new Date(requestedAt),
  confirmed: confirmed && { ...confirmed, at: new Date(confirmed.at) },
});

interface RunRow {
  id: string;
  migration_id: string;
  project_id: string;
  environment: string;
  engine: RunRecord['engine'];
  type: RunType;
  status: RunStatus;
  revision: number;
  reason: string | null;
  reapproval: boolean;
  cancel_requested_at: Date | null;
  scheduled_for: Date | null;
  released_waves: number;
  needs: string[];
  break_glass: StoredBreakGlass | null;
  hold: HoldKind | null;
  requested_by: string;
  executed_by: string | null;
  created_at: Date;
  queued_at: Date | null;
  started_at: Date | null;
  finished_at: Date | null;
}

export const toRun = (row: RunRow): RunRecord => ({
  id: row.id,
  migrationId: row.migration_id,
  projectId: row.project_id,
  environment: row.environment,
  engine: row.engine,
  type: row.type,
  status: row.status,
  revision: row.revision,
  reason: optional(row.reason),
  reapproval: row.reapproval,
  cancelRequestedAt: optional(row.cancel_requested_at),
  scheduledFor: optional(row.scheduled_for),
  releasedWaves: row.released_waves,
  needs: row.needs,
  breakGlass: row.break_glass ? toBreakGlass(row.break_glass) : undefined,
  hold: optional(row.hold),
  requestedBy: row.requested_by,
  executedBy: optional(row.executed_by),
  createdAt: row.created_at,
  queuedAt: optional(row.queued_at),
  startedAt: optional(row.started_at),
  finishedAt: optional(row.finished_at),
});

export async function findRun(
  tx: Tx,
  id: string,
): Promise<RunRecord | undefined> {
  const row = await tx('runs').where({ id }).first();
  return row && toRun(row);
}

/** Second of the locks: after the migration, before the items. */
export async function lockRun(
  tx: Knex.Transaction,
  id: string,
): Promise<RunRecord | undefined> {
  const row = await keepPlan(tx('runs').where({ id }).forNoKeyUpdate().first());
  return row && toRun(row);
}

/** Runs of a migration whose outcome is still open, in a fixed order, locked. */
export async function lockOpenRuns(
  tx: Knex.Transaction,
  migrationId: string,
): Promise<RunRecord[]> {
  const rows = await tx('runs')
    .where({ migration_id: migrationId })
    .whereIn('status', ['awaiting_approval', 'approved', 'queued', 'running'])
    .orderBy('id')
    .forNoKeyUpdate();
  return rows.map(toRun);
}

export async function insertRun(
  tx: Knex.Transaction,
  run: Pick<
    RunRecord,
    | 'id'
    | 'migrationId'
    | 'projectId'
    | 'environment'
    | 'engine'
    | 'type'
    | 'reason'
    | 'requestedBy'
    | 'needs'
  >,
  dbSetIds: string[],
): Promise<void> {
  await tx('runs').insert({
    id: run.id,
    migration_id: run.migrationId,
    project_id: run.projectId,
    environment: run.environment,
    engine: run.engine,
    type: run.type,
    status: 'awaiting_approval',
    revision: 1,
    reason: run.reason,
    requested_by: run.requestedBy,
    needs: run.needs,
  });
  await tx('run_db_sets').insert(
    dbSetIds.map(dbSetId => ({ run_id: run.id, db_set_id: dbSetId })),
  );
  await tx('run_log_heads').insert({ run_id: run.id });
}

/** Undefined leaves a column alone, null clears it. */
export async function updateRun(
  tx: Knex.Transaction,
  id: string,
  change: {
    status?: RunStatus;
    revision?: number;
    reapproval?: boolean;
    executedBy?: string;
    cancelRequested?: boolean;
    queued?: true;
    finished?: boolean;
    needs?: string[];
    /** Null: as soon as it can. */
    scheduledFor?: Date | null;
    releasedWaves?: number;
    breakGlass?: BreakGlass;
    /** Look again at once. */
    wake?: true;
  },
): Promise<void> {
  const finishedAt = change.finished ? tx.fn.now() : null;
  const cancelRequestedAt = change.cancelRequested ? tx.fn.now() : null;
  await tx('runs')
    .where({ id })
    .update({
      status: change.status,
      revision: change.revision,
      reapproval: change.reapproval,
      executed_by: change.executedBy,
      cancel_requested_at:
        change.cancelRequested === undefined ? undefined : cancelRequestedAt,
      queued_at: change.queued && tx.fn.now(),
      finished_at: change.finished === undefined ? undefined : finishedAt,
      needs: change.needs,
      scheduled_for: change.scheduledFor,
      released_waves: change.releasedWaves,
      break_glass: change.breakGlass && JSON.stringify(change.breakGlass),
      hold: change.wake && null,
      claim_after: change.wake && null,
      updated_at: tx.fn.now(),
    });
}

export async function insertRevision(
  tx: Knex.Transaction,
  revision: Omit<RevisionRecord, 'createdAt'> & { migrationId: string },
): Promise<void> {
  await tx('run_revisions').insert({
    run_id: revision.runId,
    revision: revision.revision,
    migration_id: revision.migrationId,
    version: revision.version,
    plan_hash: revision.planHash,
    checksum: revision.checksum,
    policy: JSON.stringify(revision.policy),
    binding: canonicalJson(revision.binding),
    digest: revision.digest,
    cause: revision.cause,
    created_by: revision.createdBy,
  });
}

/** The current revision of each run, by run id. */
export async function currentRevisions(
  tx: Tx,
  runIds: string[],
): Promise<Map<string, RevisionRecord>> {
  const rows = await tx('run_revisions as v')
    .join('runs as r', join =>
      join.on('r.id', 'v.run_id').andOn('r.revision', 'v.revision'),
    )
    .whereIn('v.run_id', runIds)
    .select('v.*');
  return new Map(
    rows.map(row => [
      row.run_id,
      {
        runId: row.run_id,
        revision: row.revision,
        version: row.version,
        planHash: row.plan_hash,
        checksum: row.checksum,
        policy: row.policy,
        binding: JSON.parse(row.binding),
        digest: row.digest,
        cause: row.cause,
        createdBy: optional(row.created_by),
        createdAt: row.created_at,
      },
    ]),
  );
}

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

/**
 * Whether an item of the run has not ended.
 *
 * @remarks relies on run_items_status; counting them all would cost more with each target
 */
export async function hasUnendedItems(tx: Tx, runId: string): Promise<boolean> {
  const row = await tx('run_items')
    .where({ run_id: runId })
    .whereIn('status', ['queued', 'running'])
    .first(tx.raw('true as unended'));
  return row !== undefined;
}

/** Since the run was started. */
export async function secondsOfRun(tx: Tx, runId: string): Promise<number> {
  const row = await tx('runs')
    .where({ id: runId })
    .first(tx.raw('extract(epoch from now() - started_at)::float8 as seconds'));
  return row.seconds;
}

/** Open runs that have an item on one of the targets; not locked. */
export async function openRunsOfTarget(
  tx: Tx,
  targetIds: string[],
): Promise<RunRecord[]> {
  const rows = await tx('runs as r')
    .whereExists(
      tx('run_items as i')
        .whereRaw('i.run_id = r.id')
        .where('i.open', true)
        .whereIn('i.target_id', targetIds),
    )
    .whereIn('r.status', ['awaiting_approval', 'approved', 'queued', 'running'])
    .select('r.*');
  return rows.map(toRun);
}

/** Apply runs that are open or failed with nothing newer behind them, newest first. */
export async function pressingApplyRuns(
  tx: Tx,
  at: Pick<RunRecord, 'migrationId' | 'environment'>,
): Promise<RunRecord[]> {
  const rows = await tx('runs')
    .where({
      migration_id: at.migrationId,
      environment: at.environment,
      type: 'apply',
    })
    .whereNotIn('status', ['denied', 'canceled'])
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(20);
  const runs = rows.map(toRun);
  return runs.filter(
    (run, index) =>
      isOpen(run.status) || (index === 0 && run.status === 'failed'),
  );
}

/** The newest run in an environment that was executed, of either type. */
export async function newestExecutedRun(
  tx: Tx,
  at: Pick<RunRecord, 'migrationId' | 'environment'>,
): Promise<RunRecord | undefined> {
  const row = await tx('runs')
    .where({
      migration_id: at.migrationId,
      environment: at.environment,
      status: 'executed',
    })
    .orderBy([
      { column: 'finished_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .first();
  return row && toRun(row);
}

/** Who made the revisions of a run after the first. */
export async function changersOf(tx: Tx, runId: string): Promise<string[]> {
  return tx('run_revisions')
    .where({ run_id: runId })
    .where('revision', '>', 1)
    .whereNotNull('created_by')
    .distinct()
    .pluck('created_by');
}

/** Targets of the DB sets that runs of the migration named in an environment. */
export async function targetsOfMigration(
  tx: Tx,
  at: Pick<RunRecord, 'migrationId' | 'environment'>,
): Promise<{ id: string; enabled: boolean }[]> {
  const rows = await tx('db_targets as t')
    .join('db_sets as s', 's.id', 't.db_set_id')
    .whereIn(
      't.db_set_id',
      tx('run_db_sets as rs')
        .join('runs as r', 'r.id', 'rs.run_id')
        .where('r.migration_id', at.migrationId)
        .where('r.environment', at.environment)
        .where('r.type', 'apply')
        .whereNot('r.status', 'denied')
        .whereNot(inner =>
          inner.where('r.status', 'canceled').whereNull('r.started_at'),
        )
        .select('rs.db_set_id'),
    )
    .select(
      't.id',
      tx.raw('t.disabled_at is null and s.disabled_at is null as enabled'),
    );
  return rows.map(row => ({ id: row.id, enabled: row.enabled }));
}

/** The newest version that was approved, and that ran, in the environment of a run before it. */
export async function comparisonOf(
  tx: Tx,
  run: RunRecord,
): Promise<{ approvedVersion?: number; executedVersion?: number }> {
  const { rows } = await tx.raw(
    `select
       (select v.version
          from approvals a
          join run_revisions v on v.run_id = a.run_id and v.revision = a.revision
          join runs r on r.id = a.run_id
         where r.migration_id = :migrationId and r.environment = :environment
           and a.decision = 'approve' and (a.run_id, a.revision) <> (:id::uuid, :revision::int)
         order by a.created_at desc limit 1) as approved,
       (select v.version
          from runs r
          join run_revisions v on v.run_id = r.id and v.revision = r.revision
         where r.migration_id = :migrationId and r.environment = :environment
           and r.type = 'apply' and r.status = 'executed' and r.id <> :id::uuid
         order by r.created_at desc limit 1) as executed`,
    {
      id: run.id,
      revision: run.revision,
      migrationId: run.migrationId,
      environment: run.environment,
    },
  );
  return {
    approvedVersion: optional(rows[0].approved),
    executedVersion: optional(rows[0].executed),
  };
}
