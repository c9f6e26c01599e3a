import {
  ItemStatus,
  Outcome,
  RunItemError,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { RunItemRecord } from '../domain/types';
import { Tx } from './Database';
import { optional } from './rows';

interface RunItemRow {
  id: string;
  run_id: string;
  migration_id: string;
  target_id: string;
  ordinal: number;
  open: boolean;
  status: ItemStatus;
  outcome: Outcome | null;
  checksum_up: string | null;
  claimable: boolean;
  attempt: number;
  executor_id: string | null;
  statements_total: number;
  statements_done: number;
  current_statement: number | null;
  current_started_at: Date | null;
  waiting_for: RunItemRecord['waitingFor'] | null;
  error: RunItemError | null;
  evidence: RunItemRecord['evidence'];
  session: RunItemRecord['session'] | null;
  resume: RunItemRecord['resume'] | null;
  log_dropped: number;
  revision: number;
  queued_at: Date | null;
  started_at: Date | null;
  finished_at: Date | null;
}

const toRunItem = (row: RunItemRow): RunItemRecord => ({
  id: row.id,
  runId: row.run_id,
  migrationId: row.migration_id,
  targetId: row.target_id,
  ordinal: row.ordinal,
  open: row.open,
  status: row.status,
  outcome: optional(row.outcome),
  checksumUp: optional(row.checksum_up),
  claimable: row.claimable,
  attempt: row.attempt,
  executorId: optional(row.executor_id),
  statementsTotal: row.statements_total,
  statementsDone: row.statements_done,
  currentStatement: optional(row.current_statement),
  currentStartedAt: optional(row.current_started_at),
  waitingFor: optional(row.waiting_for),
  error: optional(row.error),
  evidence: row.evidence,
  session: optional(row.session),
  resume: optional(row.resume),
  logDropped: row.log_dropped,
  revision: row.revision,
  queuedAt: optional(row.queued_at),
  startedAt: optional(row.started_at),
  finishedAt: optional(row.finished_at),
});

/**
 * Adds the items of a new run, in the order given.
 *
 * @throws a unique violation on `run_items_one_open` if another open run of the
 * migration holds one of the targets.
 */
export async function insertRunItems(
  tx: Knex.Transaction,
  items: Pick<
    RunItemRecord,
    | 'id'
    | 'runId'
    | 'migrationId'
    | 'targetId'
    | 'ordinal'
    | 'checksumUp'
    | 'statementsTotal'
  >[],
): Promise<void> {
  const rows = items.map(item => ({
    id: item.id,
    run_id: item.runId,
    migration_id: item.migrationId,
    target_id: item.targetId,
    ordinal: item.ordinal,
    status: 'queued',
    checksum_up: item.checksumUp,
    statements_total: item.statementsTotal,
  }));
  await tx.batchInsert('run_items', rows, 1000);
}

export async function findRunItem(
  tx: Tx,
  id: string,
): Promise<RunItemRecord | undefined> {
  const row = await tx('run_items').where({ id }).first();
  return row && toRunItem(row);
}

/** All items of a run, in their order. */
export async function itemsOfRun(
  tx: Tx,
  runId: string,
): Promise<RunItemRecord[]> {
  const rows = await tx('run_items')
    .where({ run_id: runId })
    .orderBy('ordinal');
  return rows.map(toRunItem);
}

/**
 * A page of a run's items in their order. One item more than `limit` tells that
 * there is a next page.
 *
 * @param page - `afterOrdinal` is that of the last item of the page before
 */
export async function listRunItems(
  tx: Tx,
  filter: { runId: string; status?: ItemStatus[]; outcome?: Outcome[] },
  page: { limit: number; afterOrdinal?: number },
): Promise<RunItemRecord[]> {
  const query = tx('run_items')
    .where({ run_id: filter.runId })
    .orderBy('ordinal')
    .limit(page.limit + 1);
  if (filter.status?.length) query.whereIn('status', filter.status);
  if (filter.outcome?.length) query.whereIn('outcome', filter.outcome);
  if (page.afterOrdinal !== undefined) {
    query.where('ordinal', '>', page.afterOrdinal);
  }
  return (await query).map(toRunItem);
}

/**
 * Last of the locks: after the migration and the run. Ordered by id, as every
 * writer of several items does it, so that two of them cannot deadlock.
 *
 * @remarks
 * All locks are `FOR NO KEY UPDATE`: a row that refers to the locked one (a log
 * line, an audit event) takes `FOR KEY SHARE` on it, and a writer that holds an
 * item and logs to its run must not wait for whoever holds the run and waits
 * for the item.
 */
export async function lockRunItems(
  tx: Knex.Transaction,
  runId: string,
): Promise<RunItemRecord[]> {
  const rows = await tx('run_items')
    .where({ run_id: runId })
    .orderBy('id')
    .forNoKeyUpdate();
  return rows
    .map(toRunItem)
    .sort((left, right) => left.ordinal - right.ordinal);
}

/** A new revision may bind another plan. */
export async function setStatementsTotal(
  tx: Knex.Transaction,
  runId: string,
  statementsTotal: number,
): Promise<void> {
  await tx('run_items')
    .where({ run_id: runId })
    .update({ statements_total: statementsTotal });
}

/** A new revision may bind another version. */
export async function setChecksumUp(
  tx: Knex.Transaction,
  runId: string,
  checksumUp: string,
): Promise<void> {
  await tx('run_items')
    .where({ run_id: runId })
    .update({ checksum_up: checksumUp });
}

/** Hands the queued items of a run to the executors: the moment of `execute`. */
export async function makeItemsClaimable(
  tx: Knex.Transaction,
  runId: string,
): Promise<number> {
  return tx('run_items')
    .where({ run_id: runId, status: 'queued' })
    .update({
      claimable: true,
      queued_at: tx.fn.now(),
      revision: tx.raw('revision + 1'),
    });
}

/** Takes the items back that nobody has claimed: the run waits for approval again. */
export async function withdrawItems(
  tx: Knex.Transaction,
  runId: string,
): Promise<void> {
  await tx('run_items')
    .where({ run_id: runId, status: 'queued' })
    .update({ claimable: false, queued_at: null });
}

/**
 * Cancels what nobody has claimed yet, all of it or on these targets: nothing
 * of it was done.
 *
 * @returns the ids of the items
 */
export async function cancelQueuedItems(
  tx: Knex.Transaction,
  options: { runId: string; targetIds?: string[]; reason: string },
): Promise<string[]> {
  const query = tx('run_items').where({
    run_id: options.runId,
    status: 'queued',
  });
  if (options.targetIds) query.whereIn('target_id', options.targetIds);
  const rows = await query
    .update({
      status: 'canceled',
      outcome: 'not_applied',
      claimable: false,
      error: JSON.stringify({ code: 'CANCELED', message: options.reason }),
      finished_at: tx.fn.now(),
      revision: tx.raw('revision + 1'),
    })
    .returning('id');
  return rows.map(row => row.id);
}

/** The run has ended: its targets are free for the next one. */
export async function closeItems(
  tx: Knex.Transaction,
  runId: string,
): Promise<void> {
  await tx('run_items')
    .where({ run_id: runId, open: true })
    .update({ open: false });
}
