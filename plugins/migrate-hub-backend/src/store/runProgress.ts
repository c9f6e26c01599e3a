import { WaveProgress } from '../domain/waves';
import { Tx } from './Database';
import { optional } from './rows';

/**
 * Ordinal of the first item of a run that has not ended.
 *
 * @remarks relies on run_items_unfinished
 */
export async function firstUnfinished(
  tx: Tx,
  runId: string,
): Promise<number | undefined> {
  const row = await tx('run_items')
    .where({ run_id: runId })
    .whereIn('status', ['queued', 'running'])
    .min('ordinal as first')
    .first();
  return optional(row?.first);
}

/** How the waves of a run stand. Looks at no item behind the wave whose turn it is. */
export async function waveProgress(
  tx: Tx,
  runId: string,
  wave: { from: number; to: number },
): Promise<Omit<WaveProgress, 'first'>> {
  const row = await tx('run_items')
    .where({ run_id: runId })
    .where('ordinal', '<', wave.to)
    .first(
      tx.raw(
        `count(*) filter (where status = 'failed' and ordinal < ?)::int as failed`,
        [wave.from],
      ),
      tx.raw('max(finished_at) filter (where ordinal < ?) as ended', [
        wave.from,
      ]),
      tx.raw(
        `count(*) filter (where status = 'queued' and ordinal >= ?)::int as waiting`,
        [wave.from],
      ),
    );
  return {
    failedBefore: row.failed,
    endedBefore: optional(row.ended),
    waiting: row.waiting,
  };
}

/** @remarks relies on run_items_status */
export async function failedItems(tx: Tx, runId: string): Promise<number> {
  const row = await tx('run_items')
    .where({ run_id: runId, status: 'failed' })
    .first(tx.raw('count(*)::int as failed'));
  return row.failed;
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
