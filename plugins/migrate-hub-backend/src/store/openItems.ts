import { RunStatus } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { RunRecord } from '../domain/types';
import { Tx } from './Database';
import { toRun } from './runs';

/**
 * An open run of the migration on one of the targets.
 *
 * @remarks relies on run_items_one_open, which lets there be one at most
 */
export async function openRunOnTargets(
  tx: Tx,
  ask: { migrationId: string; targetIds: string[] },
): Promise<{ runId: string; targetId: string; status: RunStatus } | undefined> {
  const row = await tx('run_items as i')
    .join('runs as r', 'r.id', 'i.run_id')
    .where('i.open', true)
    .where('i.migration_id', ask.migrationId)
    .whereIn('i.target_id', ask.targetIds)
    .first('i.run_id', 'i.target_id', 'r.status');
  return (
    row && { runId: row.run_id, targetId: row.target_id, status: row.status }
  );
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

/** For a retry: the items wait again, and hold their targets again. */
export async function reopenItems(
  tx: Knex.Transaction,
  itemIds: string[],
): Promise<void> {
  await tx('run_items')
    .whereIn('id', itemIds)
    .update({
      open: true,
      status: 'queued',
      outcome: null,
      error: null,
      waiting_for: null,
      resume: null,
      recoveries: 0,
      statements_done: 0,
      current_statement: null,
      current_started_at: null,
      executor_id: null,
      finished_at: null,
      revision: tx.raw('revision + 1'),
    });
}
