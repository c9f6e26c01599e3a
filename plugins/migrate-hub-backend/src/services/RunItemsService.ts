import { ForwardedError } from '@backstage/errors';
import { Knex } from 'knex';
import { holdOfRefusals, UNEXPECTED } from '../domain/holds';
import { counted, Refusal } from '../domain/refusal';
import { ResumeInstruction, RunRecord } from '../domain/types';
import {
  appendAuditEvent,
  appendAuditEvents,
  NewAuditEvent,
} from '../store/audit';
import { CHANNELS, notify, notifyAll } from '../store/Listener';
import { lockMigration } from '../store/migrations';
import {
  Fence,
  finishItems,
  ItemEnding,
  requeueItem,
} from '../store/runItemAttempts';
import {
  ClaimedItem,
  claimableRuns,
  claimItems,
  holdRun,
  lockClaimableRun,
  markRunStarted,
  wakeRuns,
} from '../store/runItemClaims';
import { cancelQueuedItems, lockRunItems } from '../store/runItems';
import { appendLogs, LogEntry } from '../store/runLogs';
import { failedItems, secondsOfRun } from '../store/runProgress';
import { lockRun } from '../store/runs';
import { logChunks } from './attemptLog';
import { ClaimConditions, Conditions } from './ClaimConditions';
import { RunFactsReader } from './RunFacts';
import { settleRun } from './runSettlement';

/** The item is another worker's by now: this one must not do anything more. */
export class LostLease extends Error {
  constructor(fence: Fence) {
    super(
      `run item ${fence.itemId} is no longer in the hands of attempt ${fence.attempt}`,
    );
    this.name = 'LostLease';
  }
}

/** Items of one run, claimed together. */
export interface Claim {
  run: RunRecord;
  items: ClaimedItem[];
  /** These items are the first of the run. */
  startedRun: boolean;
}

/** Who claims. */
export interface Claimant {
  executorId: string;
  leaseSeconds: number;
  /** Schemes that this executor knows. */
  knows: readonly string[];
}

/** How an attempt at an item ended. */
export interface AttemptEnding extends ItemEnding {
  targetId: string;
  /** What the attempt has said that is not stored yet. */
  log: LogEntry[];
  /** What kept the gate closed, if it was. */
  blockers?: Refusal[];
}

/** What an ended item means beyond itself. Times in seconds. */
export interface FinishedItem {
  seconds: number;
  /** Set if it was the last item of its run. */
  run?: { status: 'executed' | 'failed' | 'canceled'; seconds: number };
}

const RUNS_A_LOOK = 20;

/**
 * Another run's item was claimed on the same target in this instant
 * (`unique_violation`), or is being claimed by somebody who waits for what was
 * claimed here (`deadlock_detected`).
 */
const isTargetTaken = (error: unknown): boolean =>
  ['23505', '40P01'].includes(String((error as { code?: unknown }).code));

/** The life of a run item in the hands of an executor. */
export class RunItemsService {
  readonly #knex: Knex;
  readonly #facts: RunFactsReader;
  readonly #conditions: ClaimConditions;

  private constructor(options: { knex: Knex; facts: RunFactsReader }) {
    this.#knex = options.knex;
    this.#facts = options.facts;
    this.#conditions = ClaimConditions.create(options.facts);
  }

  static create(options: {
    knex: Knex;
    facts: RunFactsReader;
  }): RunItemsService {
    return new RunItemsService(options);
  }

  /**
   * Claims items, those of the oldest run first, and those that a silent
   * executor has left.
   *
   * @returns `contended` if somebody else was just at a run: look again soon;
   * `failure` of the first run that could not be claimed
   */
  async claim(
    ask: Claimant & { slots: number },
  ): Promise<{ claims: Claim[]; contended: boolean; failure?: Error }> {
    const runIds = await claimableRuns(this.#knex, {
      ...ask,
      limit: RUNS_A_LOOK,
    });
    const claims: Claim[] = [];
    let { slots } = ask;
    let contended = false;
    let failure: Error | undefined;
    for (const runId of runIds) {
      if (slots === 0) break;
      try {
        const claim = await this.#claimFrom(runId, { ...ask, slots });
        if (claim === 'contended') contended = true;
        if (typeof claim === 'string') continue;
        claims.push(claim);
        slots -= claim.items.length;
      } catch (error) {
        // The younger runs do not wait for it, and what was claimed has to be worked on.
        failure ??= new ForwardedError(`run ${runId} cannot be claimed`, error);
      }
    }
    return { claims, contended, failure };
  }

  /** One transaction: the run's lock makes its parallelism exact. */
  async #claimFrom(
    runId: string,
    ask: Claimant & { slots: number },
  ): Promise<Claim | 'contended' | 'held'> {
    try {
      return await this.#knex.transaction(async tx => {
        const run = await lockClaimableRun(tx, runId);
        if (!run) return 'contended';
        const conditions = await this.#conditions.read(tx, run);
        const claim = await this.#take(tx, run, { ...ask, conditions });
        if (!claim) {
          await this.#hold(tx, run, conditions);
          return 'held';
        }
        await notify(tx, CHANNELS.changes, run.id);
        return claim;
      });
    } catch (error) {
      if (isTargetTaken(error)) return 'contended';
      throw error;
    }
  }

  /** Claims items of a locked run; undefined if there are none for now. */
  async #take(
    tx: Knex.Transaction,
    run: RunRecord,
    ask: Claimant & { slots: number; conditions: Conditions },
  ): Promise<Claim | undefined> {
    const may = ask.conditions.limits;
    const items = await claimItems(tx, { ...ask, run, may });
    if (items.length === 0) return undefined;
    if (run.hold) await wakeRuns(tx, { id: run.id });

    const startedRun = run.status === 'queued';
    const events = claimEvents(run, items, { ...ask, startedRun });
    // They leave together.
    await Promise.all([
      startedRun && markRunStarted(tx, run.id),
      appendAuditEvents(tx, events, { at: ask.conditions.now }),
    ]);
    return { run: { ...run, status: 'running' }, items, startedRun };
  }

  /** Nothing is claimed for now. That something has closed is recorded once. */
  async #hold(
    tx: Knex.Transaction,
    run: RunRecord,
    { hold }: Pick<Conditions, 'hold'>,
  ): Promise<void> {
    await holdRun(tx, run.id, hold);
    if (!hold || run.hold === hold.kind) return;
    if (UNEXPECTED.includes(hold.kind)) {
      await appendAuditEvent(tx, {
        action: 'execution.blocked',
        entityType: 'run',
        entityId: run.id,
        migrationId: run.migrationId,
        runId: run.id,
        environment: run.environment,
        payload: {
          status: run.status,
          reasons: [{ code: hold.kind, message: hold.message }],
        },
      });
    }
    await notify(tx, CHANNELS.changes, run.id);
  }

  /**
   * With so many failures as the policy allows, what nobody has claimed is
   * canceled. Call it under the locks of migration and run.
   */
  async #stopAfterFailures(
    tx: Knex.Transaction,
    run: RunRecord,
  ): Promise<void> {
    const { policy } = await this.#facts.readForClaim(tx, run, {
      promotion: 'skip',
    });
    const { stopAfterFailures } = policy;
    if (stopAfterFailures === undefined) return;
    const failed = await failedItems(tx, run.id);
    if (failed < stopAfterFailures) return;
    await lockRunItems(tx, run.id);
    const canceled = await cancelQueuedItems(tx, {
      runId: run.id,
      reason: `Stopped after ${counted(
        failed,
        'failed target',
      )}, before it started.`,
    });
    if (canceled.length === 0) return;
    await appendAuditEvent(tx, {
      action: 'run.stopped',
      entityType: 'run',
      entityId: run.id,
      migrationId: run.migrationId,
      runId: run.id,
      environment: run.environment,
      payload: { failed, stopAfterFailures, canceledItems: canceled.length },
    });
  }

  /**
   * Records how attempts at items of one run ended; with the last item the run
   * ends too. One transaction for all of them: its locks, the counting and the
   * notifications cost the same for many as for one.
   *
   * @param next - who claims an item of the same run for each that has ended:
   * the locks are there already
   * @returns `finished` in the order of `endings`; `lost` where the item is
   * another attempt's by now
   */
  async finish(
    run: Pick<RunRecord, 'id' | 'migrationId'>,
    endings: AttemptEnding[],
    next?: Claimant,
  ): Promise<{ finished: (FinishedItem | 'lost')[]; claim?: Claim }> {
    try {
      return await this.#finish(run, endings, next);
    } catch (error) {
      if (!next || !isTargetTaken(error)) throw error;
      return this.#finish(run, endings);
    }
  }

  async #finish(
    run: Pick<RunRecord, 'id' | 'migrationId'>,
    endings: AttemptEnding[],
    next?: Claimant,
  ): Promise<{ finished: (FinishedItem | 'lost')[]; claim?: Claim }> {
    const allLost = { finished: endings.map(() => 'lost' as const) };
    return this.#knex.transaction(async tx => {
      const [, current] = await Promise.all([
        lockMigration(tx, run.migrationId),
        lockRun(tx, run.id),
      ]);
      if (!current) return allLost;
      const { seconds, areLeft, at } = await finishItems(tx, run.id, endings);
      // The last lines come with the last state, so that readers miss nothing.
      await appendLogs(
        tx,
        run.id,
        endings.flatMap(({ log, ...ending }) =>
          logChunks(ending, log, { lost: !seconds.has(ending.itemId) }),
        ),
      );
      const finished = endings.filter(({ itemId }) => seconds.has(itemId));
      if (finished.length === 0) return allLost;

      await appendAuditEvents(
        tx,
        finished.flatMap(ending => eventsOf(current, ending)),
        { at },
      );
      const failed = finished.some(({ result }) => result.status === 'failed');
      if (failed) await this.#stopAfterFailures(tx, current);
      const status = await settleRun(tx, this.#facts, {
        run: current,
        // With a failure what was left may have been canceled.
        areLeft: areLeft && !failed,
        coalesce: true,
      });
      const claim =
        next && !status && !failed
          ? await this.#take(tx, current, {
              ...next,
              slots: finished.length,
              conditions: await this.#conditions.read(tx, current),
            })
          : undefined;
      // The targets are free, and places of the run may be.
      await notifyAll(tx, [
        { channel: CHANNELS.work },
        { channel: CHANNELS.changes, payload: run.id },
      ]);
      const ended = status && {
        status,
        seconds: await secondsOfRun(tx, run.id),
      };
      const last = finished.at(-1);
      return {
        finished: endings.map(ending => {
          const spent = seconds.get(ending.itemId);
          if (spent === undefined) return 'lost';
          return { seconds: spent, run: ending === last ? ended : undefined };
        }),
        claim,
      };
    });
  }

  /**
   * Gives an item to whoever claims it next.
   *
   * @param how - `resume`: where to go on, if not at the beginning; `blockers`:
   * why the gate is closed for now, which holds the run
   * @returns false if a cancel was asked for: then it must be finished as canceled
   * @throws LostLease
   */
  async handBack(
    fence: Fence,
    runId: string,
    how: { resume?: ResumeInstruction; blockers?: Refusal[] } = {},
  ): Promise<boolean> {
    return this.#knex.transaction(async tx => {
      const run = await lockRun(tx, runId);
      if (run?.cancelRequestedAt) return false;
      const requeued = run && (await requeueItem(tx, fence, how.resume));
      if (!requeued) throw new LostLease(fence);
      const hold = how.blockers && holdOfRefusals(how.blockers);
      if (hold) await this.#hold(tx, run, { hold });
      await notify(tx, CHANNELS.changes, runId);
      await notify(tx, CHANNELS.work);
      return true;
    });
  }
}

function claimEvents(
  run: RunRecord,
  items: ClaimedItem[],
  { executorId, startedRun }: { executorId: string; startedRun: boolean },
): NewAuditEvent[] {
  const audit = {
    migrationId: run.migrationId,
    runId: run.id,
    environment: run.environment,
  };
  const started: NewAuditEvent = {
    ...audit,
    action: 'run.started',
    entityType: 'run',
    entityId: run.id,
    payload: { executor: executorId, revision: run.revision },
  };
  const recovered = items
    .filter(item => item.recovered)
    .map(
      (item): NewAuditEvent => ({
        ...audit,
        action: 'run_item.recovered',
        entityType: 'run_item',
        entityId: item.id,
        payload: {
          target: item.targetId,
          attempt: item.attempt,
          executor: executorId,
        },
      }),
    );
  return startedRun ? [started, ...recovered] : recovered;
}

function eventsOf(
  run: RunRecord,
  { itemId, attempt, targetId, result, blockers }: AttemptEnding,
): NewAuditEvent[] {
  const audit = {
    entityType: 'run_item' as const,
    entityId: itemId,
    migrationId: run.migrationId,
    runId: run.id,
    environment: run.environment,
  };
  const finished: NewAuditEvent = {
    ...audit,
    action: 'run_item.finished',
    payload: {
      target: targetId,
      type: run.type,
      status: result.status,
      outcome: result.outcome,
      attempt,
      statementsDone: result.statementsDone,
      code: result.error?.code,
      statementIndex: result.error?.statementIndex,
    },
  };
  if (!blockers) return [finished];
  const reasons = blockers.map(({ code, message }) => ({ code, message }));
  const blocked: NewAuditEvent = {
    ...audit,
    action: 'execution.blocked',
    payload: { target: targetId, reasons },
  };
  return [blocked, finished];
}
