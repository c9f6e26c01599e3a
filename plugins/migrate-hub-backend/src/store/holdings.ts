import {
  ItemStatus,
  Outcome,
  RunStatus,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { HeldOnTarget } from '../domain/reconciliation';
import { Tx } from './Database';
import { optional } from './rows';

/**
 * What a target holds of a migration, by the newest run item that changed it or
 * found it done. `checksumUp` is absent where that item was a rollback, and
 * where it left the target half done or nobody knows how.
 */
export interface Holding {
  targetId: string;
  targetName: string;
  /** Target and DB set are enabled. */
  enabled: boolean;
  environment: string;
  checksumUp?: string;
  runId: string;
  runType: 'apply' | 'rollback';
  status: ItemStatus;
  outcome?: Outcome;
  at: Date;
}

/** Of the items, those that say what their target holds. */
const DECISIVE = `(i.status in ('executed', 'skipped')
  or i.outcome in ('partially_applied', 'unknown'))`;

/**
 * The newest item of each target that says what it holds.
 *
 * @remarks
 * Relies on run_items_migration and runs_migration. That the run is one of the
 * migration goes without saying, but not for the planner: it would read all runs.
 */
export async function holdingsOf(
  tx: Tx,
  migrationId: string,
  environment?: string,
): Promise<Holding[]> {
  const query = tx('run_items as i')
    .join('runs as r', 'r.id', 'i.run_id')
    .join('db_targets as t', 't.id', 'i.target_id')
    .join('db_sets as s', 's.id', 't.db_set_id')
    .where({ 'i.migration_id': migrationId, 'r.migration_id': migrationId })
    .whereRaw(DECISIVE)
    .distinctOn('i.target_id')
    .orderBy([
      { column: 'i.target_id' },
      { column: 'i.finished_at', order: 'desc' },
    ])
    .select(
      'i.target_id',
      't.name as target_name',
      'r.environment',
      'r.type',
      tx.raw('t.disabled_at is null and s.disabled_at is null as enabled'),
      'i.run_id',
      'i.status',
      'i.outcome',
      'i.checksum_up',
      'i.finished_at',
    );
  if (environment) query.where('r.environment', environment);
  const rows = await query;
  return rows.map(row => {
    const settled = row.status === 'executed' || row.status === 'skipped';
    const holds = settled && row.type === 'apply';
    return {
      targetId: row.target_id,
      targetName: row.target_name,
      enabled: row.enabled,
      environment: row.environment,
      checksumUp: holds ? optional<string>(row.checksum_up) : undefined,
      runId: row.run_id,
      runType: row.type,
      status: row.status,
      outcome: optional<Outcome>(row.outcome),
      at: row.finished_at,
    };
  });
}

/** What became of a target in the newest run that covers it. */
export interface LastItem {
  targetId: string;
  targetName: string;
  environment: string;
  runId: string;
  runStatus: RunStatus;
  status: ItemStatus;
  outcome?: Outcome;
  /** When it ended; while it has not, when the run was requested. */
  at: Date;
}

/**
 * The newest item of each target that a run of the migration covers, be it
 * finished or not.
 *
 * @remarks relies on run_items_migration and runs_migration
 */
export async function lastItemsOf(
  tx: Tx,
  migrationId: string,
): Promise<LastItem[]> {
  const rows = await tx('run_items as i')
    .join('runs as r', 'r.id', 'i.run_id')
    .join('db_targets as t', 't.id', 'i.target_id')
    .where({ 'i.migration_id': migrationId, 'r.migration_id': migrationId })
    .distinctOn('i.target_id')
    .orderBy([
      { column: 'i.target_id' },
      { column: 'r.created_at', order: 'desc' },
    ])
    .select(
      'i.target_id',
      't.name as target_name',
      'r.environment',
      'i.run_id',
      'r.status as run_status',
      'i.status',
      'i.outcome',
      tx.raw('coalesce(i.finished_at, r.created_at) as at'),
    );
  return rows.map(row => ({
    targetId: row.target_id,
    targetName: row.target_name,
    environment: row.environment,
    runId: row.run_id,
    runStatus: row.run_status,
    status: row.status,
    outcome: optional<Outcome>(row.outcome),
    at: row.at,
  }));
}

/**
 * On how many of these targets a run of ours applied this version, rather than
 * found it there, and none has taken it back since.
 *
 * @remarks relies on run_items_migration and runs_migration
 */
export async function countAppliedByUs(
  tx: Tx,
  ask: { migrationId: string; checksumUp: string; targetIds: string[] },
): Promise<number> {
  const { rows } = await tx.raw(
    `select count(*)::int as n
       from (select max(i.finished_at) filter (
                      where r.type = 'apply' and i.checksum_up = :checksumUp) as applied_at,
                    max(i.finished_at) filter (where r.type = 'rollback') as undone_at
               from run_items i join runs r on r.id = i.run_id
              where i.migration_id = :migrationId and r.migration_id = :migrationId
                and i.status = 'executed' and i.target_id = any(:targetIds::uuid[])
              group by i.target_id) as ours
      where applied_at >= coalesce(undone_at, applied_at)`,
    ask,
  );
  return rows[0].n;
}

/**
 * What a target holds, migration by migration.
 *
 * @remarks relies on run_items_target
 */
export async function holdingsOn(
  tx: Tx,
  targetId: string,
): Promise<HeldOnTarget[]> {
  const rows = await tx('run_items as i')
    .join('runs as r', 'r.id', 'i.run_id')
    .join('migrations as m', 'm.id', 'i.migration_id')
    .where('i.target_id', targetId)
    .whereRaw(DECISIVE)
    .distinctOn('i.migration_id')
    .orderBy([
      { column: 'i.migration_id' },
      { column: 'i.finished_at', order: 'desc' },
    ])
    .select('m.key', 'r.type', 'i.status', 'i.checksum_up');
  return rows.map(row => {
    const settled = row.status === 'executed' || row.status === 'skipped';
    const isApply = row.type === 'apply';
    return {
      migrationKey: row.key,
      checksumUp:
        settled && isApply ? optional<string>(row.checksum_up) : undefined,
      removed: settled && !isApply,
    };
  });
}

/**
 * Keys of the migrations that a run changes on a target, or has changed since.
 *
 * @remarks relies on run_items_target and run_items_one_running
 */
export async function keysChanging(
  tx: Tx,
  targetId: string,
  since: Date,
): Promise<string[]> {
  return tx('run_items as i')
    .join('migrations as m', 'm.id', 'i.migration_id')
    .where('i.target_id', targetId)
    .where(either =>
      either.where('i.status', 'running').orWhere('i.finished_at', '>=', since),
    )
    .pluck('m.key');
}
