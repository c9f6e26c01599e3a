import {
  ItemStatus,
  Outcome,
  RunItemError,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { Evidence, ResumeInstruction, RunItemRecord } from '../domain/types';
import { Tx } from './Database';
import { keepPlan } from './keptPlans';

/** Which item, and by which attempt: part of every write of a worker. */
export interface Fence {
  itemId: string;
  attempt: number;
}

const fenced = (tx: Tx, fence: Fence) =>
  tx('run_items').where({
    id: fence.itemId,
    attempt: fence.attempt,
    status: 'running',
  });

export interface ItemProgress {
  statementsDone: number;
  currentStatement?: number;
  currentStartedAt?: Date;
  waitingFor?: RunItemRecord['waitingFor'];
  logLines: number;
  logDropped: number;
}

/** @returns the items whose attempts are still theirs */
export async function saveProgress(
  tx: Tx,
  progress: (Fence & ItemProgress)[],
): Promise<Set<string>> {
  return updateFenced(
    tx,
    progress.map(one => ({
      id: one.itemId,
      attempt: one.attempt,
      statements_done: one.statementsDone,
      current_statement: one.currentStatement,
      current_started_at: one.currentStartedAt,
      waiting_for: one.waitingFor,
      log_lines: one.logLines,
      log_dropped: one.logDropped,
    })),
    {
      columns: `statements_done int, current_statement int,
        current_started_at timestamptz, waiting_for jsonb, log_lines int, log_dropped int`,
      set: `statements_done = g.statements_done,
        current_statement = g.current_statement,
        current_started_at = g.current_started_at,
        waiting_for = g.waiting_for,
        log_lines = g.log_lines,
        log_dropped = g.log_dropped`,
    },
  );
}

/**
 * Remembers the sessions of attempts before their first statement, so that the
 * next attempt can wait until they are gone.
 *
 * @returns the items whose attempts are still theirs
 */
export async function saveSessions(
  tx: Tx,
  sessions: (Fence & { session: NonNullable<RunItemRecord['session']> })[],
): Promise<Set<string>> {
  return updateFenced(
    tx,
    sessions.map(({ itemId, attempt, session }) => ({
      id: itemId,
      attempt,
      session,
    })),
    { columns: 'session jsonb', set: 'session = g.session' },
  );
}

/**
 * One statement for writes of several workers, each of which counts only where
 * its attempt is still the item's. Rows are locked by rising id, as everywhere.
 *
 * @returns the items that were written
 */
async function updateFenced(
  tx: Tx,
  given: object[],
  { columns, set }: { columns: string; set: string },
): Promise<Set<string>> {
  const { rows } = await keepPlan(
    tx.raw(
      `with given as materialized (
       select g.* from jsonb_to_recordset(?::jsonb) as g (
         id uuid, attempt int, ${columns})
     ), mine as materialized (
       select i.id from run_items i
       join given g on g.id = i.id and g.attempt = i.attempt
       where i.status = 'running'
       order by i.id
       for no key update of i
     )
     update run_items i set ${set}
     from given g
     where i.id = g.id and i.id in (select id from mine)
     returning i.id`,
      [JSON.stringify(given)],
    ),
  );
  return new Set(rows.map((row: { id: string }) => row.id));
}

/** How an attempt ended, and what the database really did. */
export interface ItemResult {
  status: Extract<ItemStatus, 'executed' | 'skipped' | 'failed' | 'canceled'>;
  outcome?: Outcome;
  error?: RunItemError;
  statementsDone: number;
}

/** An attempt at an item that ends, see {@link finishItems}. */
export interface ItemEnding extends Fence {
  result: ItemResult;
  /** What was tried to find out what an earlier attempt did. */
  evidence?: Evidence[];
  /** Lines of its log, with those of earlier attempts, and what was left out of it. */
  logLines: number;
  logDropped: number;
}

/** What came of {@link finishItems}. */
export interface FinishedItems {
  /** Seconds since their start, of those that were ended. */
  seconds: Map<string, number>;
  /** Others of the run have not ended. */
  areLeft: boolean;
  /** The database's clock. */
  at?: Date;
}

/**
 * Ends items of one run, each unless another attempt has it by now, and wakes
 * the run: places and targets are free again. Call it under the run's lock.
 *
 * @remarks
 * Whether others are left is told by the run_items_status index; counting them
 * all would cost more with each target. No other transaction ends or claims
 * items of the run meanwhile, so what this statement saw at its start is true.
 */
export async function finishItems(
  tx: Knex.Transaction,
  runId: string,
  endings: ItemEnding[],
): Promise<FinishedItems> {
  const { rows } = await keepPlan(
    tx.raw(
      `with ending as materialized (
       select e.* from jsonb_to_recordset(:endings::jsonb) as e (
         id uuid, attempt int, status text, outcome text, error jsonb,
         statements_done int, evidence jsonb, log_lines int, log_dropped int)
     ), mine as materialized (
       select i.id from run_items i
       join ending e on e.id = i.id and e.attempt = i.attempt
       where i.status = 'running'
       order by i.id
       for no key update of i
     ), woken as (
       update runs set claim_after = null, hold = null
       where id = :runId and status in ('queued', 'running')
         and claim_after is not null
     )
     update run_items i set
       status = e.status,
       outcome = e.outcome,
       error = e.error,
       statements_done = e.statements_done,
       current_statement = null,
       current_started_at = null,
       waiting_for = null,
       finished_at = now(),
       resume = null,
       evidence = i.evidence || coalesce(e.evidence, '[]'),
       log_lines = e.log_lines,
       log_dropped = e.log_dropped,
       revision = i.revision + 1
     from ending e
     where i.id = e.id and i.id in (select id from mine)
     returning i.id, now() as at,
       extract(epoch from i.finished_at - i.started_at)::float8 as seconds,
       exists (select from run_items other
         where other.run_id = :runId and other.status in ('queued', 'running')
           and other.id not in (select id from mine)) as are_left`,
      {
        runId,
        endings: JSON.stringify(
          endings.map(({ itemId, attempt, result, ...ending }) => ({
            id: itemId,
            attempt,
            status: result.status,
            outcome: result.outcome,
            error: result.error,
            statements_done: result.statementsDone,
            evidence: ending.evidence,
            log_lines: ending.logLines,
            log_dropped: ending.logDropped,
          })),
        ),
      },
    ),
  );
  return {
    seconds: new Map(
      rows.map((row: { id: string; seconds: number }) => [row.id, row.seconds]),
    ),
    areLeft: rows[0]?.are_left ?? true,
    at: rows[0]?.at,
  };
}

/** Gives an item back as it was before the claim, or to go on where it is; the attempt stays counted. */
export async function requeueItem(
  tx: Knex.Transaction,
  fence: Fence,
  resume?: ResumeInstruction,
): Promise<boolean> {
  const changed = await fenced(tx, fence).update({
    status: 'queued',
    resume: resume ? JSON.stringify(resume) : undefined,
    claimable: true,
    executor_id: null,
    statements_done: 0,
    current_statement: null,
    current_started_at: null,
    waiting_for: null,
    started_at: null,
    revision: tx.raw('revision + 1'),
  });
  return changed === 1;
}
