import { Knex } from 'knex';

/**
 * So far the fencing tokens leap: past whatever attempts the targets have seen
 * since the backup was made, whose ledger rows would refuse a lower one.
 */
const LEAP = 1_000;

/** @returns the epoch before, if that was lower; several replicas may ask at once */
export async function raiseStoredEpoch(
  tx: Knex.Transaction,
  epoch: number,
): Promise<number | undefined> {
  const key = 'epoch';
  await tx('settings')
    .insert({ key, value: JSON.stringify({ epoch: 1 }) })
    .onConflict()
    .ignore();
  const row = await tx('settings').where({ key }).forUpdate().first('value');
  const before: number = row.value.epoch;
  if (epoch <= before) return undefined;
  await tx('settings')
    .where({ key })
    .update({
      value: JSON.stringify({ epoch }),
      revision: tx.raw('revision + 1'),
      updated_at: tx.fn.now(),
    });
  return before;
}

/**
 * Takes back every `execute`: what was queued or running waits as approved.
 *
 * @returns the runs concerned
 */
export async function takeBackExecutions(
  tx: Knex.Transaction,
): Promise<string[]> {
  await tx('run_items')
    .whereIn('status', ['queued', 'running', 'failed', 'canceled'])
    .update({ attempt: tx.raw('attempt + ?', [LEAP]) });
  const runs = await tx('runs')
    .whereIn('status', ['queued', 'running'])
    .update({
      status: 'approved',
      cancel_requested_at: null,
      updated_at: tx.fn.now(),
    })
    .returning('id');
  const ids = runs.map(({ id }) => id);
  await tx('run_items')
    .whereIn('run_id', ids)
    .whereIn('status', ['queued', 'running'])
    .update({
      status: 'queued',
      claimable: false,
      executor_id: null,
      resume: null,
      current_statement: null,
      current_started_at: null,
      waiting_for: null,
      started_at: null,
      revision: tx.raw('revision + 1'),
    });
  return ids;
}
