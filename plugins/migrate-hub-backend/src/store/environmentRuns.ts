import { isOpen } from '../domain/runStates';
import { RunRecord } from '../domain/types';
import { Tx } from './Database';
import { toRun } from './runs';

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
