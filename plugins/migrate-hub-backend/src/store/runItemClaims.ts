import { HoldKind } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { ResumeInstruction, RunItemRecord, RunRecord } from '../domain/types';
import { Tx } from './Database';
import { keepPlan } from './keptPlans';
import { optional } from './rows';
import { toRun } from './runs';

/** An item in the hands of one executor. `attempt` is its fencing token. */
export interface ClaimedItem {
  id: string;
  targetId: string;
  attempt: number;
  /** An executor before us fell silent while it had this item. */
  recovered: boolean;
  /** So many executors fell silent with it since a person queued it. */
  recoveries: number;
  /** What an earlier attempt may have left on the target. */
  session?: RunItemRecord['session'];
  resume?: ResumeInstruction;
  /** Log lines that earlier attempts wrote: the cap is for the item. */
  logLines: number;
}

interface Claimant {
  executorId: string;
  leaseSeconds: number;
  /** Schemes that this executor knows. */
  knows: readonly string[];
}

/**
 * An item `i` that its executor has left, as far as the claimant may judge:
 * another's heartbeat is older than a lease, and the claimant's own has come
 * without a gap for a whole lease. Only the database's clock counts.
 */
const ABANDONED = `
  i.status = 'running'
  and exists (select from executors e where e.id = i.executor_id
    and e.id <> :executorId
    and e.heartbeat_at < now() - make_interval(secs => :leaseSeconds))
  and exists (select from executors me where me.id = :executorId
    and me.heartbeat_at > now() - make_interval(secs => :leaseSeconds / 2.0)
    and me.steady_since < now() - make_interval(secs => :leaseSeconds))`;

/** An item `i` that waits, on a target where nothing runs. */
const WAITING = `
  i.status = 'queued' and i.claimable
  and not exists (select from run_items other
    where other.target_id = i.target_id and other.status = 'running')`;

/** What the rules allow to be claimed of a run now. */
export interface ClaimLimits {
  /** Nothing new. */
  held: boolean;
  /** At the same time. */
  parallelism: number;
  /** Only items before this one: the wave whose turn it is. */
  beforeOrdinal?: number;
}

/**
 * Runs that have something to claim, oldest first. Takes no lock: another
 * executor may be faster.
 *
 * @remarks relies on runs_status, run_items_status and run_items_one_running
 */
export async function claimableRuns(
  tx: Tx,
  ask: Claimant & { limit: number },
): Promise<string[]> {
  const found = await keepPlan(
    tx.raw(
      `select r.id from runs r
     join run_revisions v on v.run_id = r.id and v.revision = r.revision
     where r.status in ('queued', 'running')
       and r.needs <@ :knows::text[]
       and (exists (select from run_items i where i.run_id = r.id and ${ABANDONED})
         or (r.cancel_requested_at is null
           and (r.claim_after is null or r.claim_after <= now())
           and exists (select from run_items i where i.run_id = r.id and ${WAITING})
           and (select count(*) from run_items x
                where x.run_id = r.id and x.status = 'running')
               < (v.policy->>'parallelism')::int))
     order by r.queued_at, r.id
     limit :limit`,
      { ...ask, knows: [...ask.knows] },
    ),
  );
  return found.rows.map((row: { id: string }) => row.id);
}

/**
 * The run with its row locked, if it may have items to claim.
 *
 * @returns undefined if it is over by now or if another transaction holds it
 */
export async function lockClaimableRun(
  tx: Knex.Transaction,
  runId: string,
): Promise<RunRecord | undefined> {
  const row = await keepPlan(
    tx('runs')
      .where({ id: runId })
      .whereIn('status', ['queued', 'running'])
      .forNoKeyUpdate()
      .skipLocked()
      .first(),
  );
  return row && toRun(row);
}

interface ClaimedRow {
  id: string;
  target_id: string;
  attempt: number;
  log_lines: number;
  recovered: boolean;
  recoveries: number;
  session: RunItemRecord['session'] | null;
  resume: ResumeInstruction | null;
}

const toClaimed = (row: ClaimedRow): ClaimedItem => ({
  id: row.id,
  targetId: row.target_id,
  attempt: row.attempt,
  recovered: row.recovered,
  recoveries: row.recoveries,
  session: optional(row.session),
  resume: optional(row.resume),
  logLines: row.log_lines,
});

/**
 * Claims up to `slots` items of a locked run, as far as the conditions allow,
 * and what silent executors have left in any case.
 *
 * @remarks
 * Call it under the run's lock, as a statement of its own: what counts as
 * running is read after the lock was taken. Relies on run_items_waiting: with
 * many targets, the few that are next are found without a look at the rest.
 *
 * @throws a unique violation on `run_items_one_running` if another run's item
 * was claimed on the same target in the same instant.
 */
export async function claimItems(
  tx: Knex.Transaction,
  claim: Claimant & { run: RunRecord; slots: number; may: ClaimLimits },
): Promise<ClaimedItem[]> {
  const { may } = claim;
  const closed = claim.run.cancelRequestedAt || may.held;
  const waiting = closed
    ? 'false'
    : `${WAITING} and i.ordinal < coalesce(:beforeOrdinal::integer, i.ordinal + 1)`;
  const claimed = await keepPlan(
    tx.raw(
      `with free as materialized (
       select greatest(0, least(:slots, :parallelism - (
         select count(*) from run_items i
         where i.run_id = :runId and i.status = 'running' and not (${ABANDONED})
       ))) as places
     ), abandoned as materialized (
       select i.id
       from run_items i
       where i.run_id = :runId and (${ABANDONED})
       order by i.queued_at, i.ordinal
       limit (select places from free)
       for no key update of i skip locked
     ), waiting as materialized (
       select i.id
       from run_items i
       where i.run_id = :runId and (${waiting})
       order by i.queued_at, i.ordinal
       limit (select places from free) - (select count(*) from abandoned)
       for no key update of i skip locked
     ), picked as (
       select id, true as recovered from abandoned
       union all
       select id, false from waiting
     )
     update run_items i set
       status = 'running',
       claimable = false,
       attempt = i.attempt + 1,
       recoveries = i.recoveries + picked.recovered::int,
       executor_id = :executorId,
       outcome = null,
       error = null,
       waiting_for = null,
       statements_done = 0,
       current_statement = null,
       current_started_at = null,
       started_at = case when picked.recovered then i.started_at else now() end,
       revision = i.revision + 1
     from picked where i.id = picked.id
     returning i.id, i.target_id, i.attempt, i.log_lines, picked.recovered,
       i.recoveries, i.session, i.resume`,
      {
        runId: claim.run.id,
        parallelism: may.parallelism,
        beforeOrdinal: may.beforeOrdinal ?? null,
        slots: claim.slots,
        executorId: claim.executorId,
        leaseSeconds: claim.leaseSeconds,
      },
    ),
  );
  return claimed.rows.map(toClaimed);
}

/**
 * Of these items, those that are in the hands of this executor, by run. Whether
 * somebody had them before is not told any more: what may be is taken to be.
 */
export async function heldItems(
  tx: Tx,
  of: { executorId: string; itemIds: string[] },
): Promise<{ run: RunRecord; items: ClaimedItem[] }[]> {
  const rows: (ClaimedRow & { run_id: string })[] = await tx('run_items')
    .whereIn('id', of.itemIds)
    .where({ executor_id: of.executorId, status: 'running' })
    .select(
      'id',
      'target_id',
      'attempt',
      'log_lines',
      tx.raw('recoveries > 0 as recovered'),
      'recoveries',
      'session',
      'resume',
      'run_id',
    );
  const runs = await tx('runs').whereIn(
    'id',
    rows.map(row => row.run_id),
  );
  return runs.map(run => ({
    run: toRun(run),
    items: rows.filter(row => row.run_id === run.id).map(toClaimed),
  }));
}

/** The first claim starts the run. */
export async function markRunStarted(
  tx: Knex.Transaction,
  runId: string,
): Promise<void> {
  await tx('runs')
    .where({ id: runId })
    .update({
      status: 'running',
      started_at: tx.raw('coalesce(started_at, now())'),
      updated_at: tx.fn.now(),
    });
}

/**
 * Look again after so long at the latest: where a rule holds the run, and where
 * only all its places or targets are taken. It only saves looking.
 */
const LOOK_AGAIN_SECONDS = { held: 30, busy: 1 };

/** Remembers why nothing is claimed. */
export async function holdRun(
  tx: Knex.Transaction,
  runId: string,
  hold: { kind: HoldKind; until?: Date } | undefined,
): Promise<void> {
  const seconds = hold ? LOOK_AGAIN_SECONDS.held : LOOK_AGAIN_SECONDS.busy;
  await tx('runs')
    .where({ id: runId })
    .update({
      hold: hold?.kind ?? null,
      claim_after: tx.raw(
        `least(?::timestamptz, now() + make_interval(secs => ?))`,
        [hold?.until?.toISOString() ?? null, seconds],
      ),
    });
}

/** Something about the run changed: the next look is at once. */
export async function wakeRuns(
  tx: Tx,
  where: { id: string } | { environment: string },
): Promise<void> {
  await tx('runs')
    .where(where)
    .whereIn('status', ['queued', 'running'])
    .whereNotNull('claim_after')
    .update({ claim_after: null, hold: null });
}
