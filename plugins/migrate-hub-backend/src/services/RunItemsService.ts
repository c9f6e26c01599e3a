import { Knex } from 'knex';
import { holdOfRefusals, UNEXPECTED } from '../domain/holds';
import { counted, Refusal } from '../domain/refusal';
import { Evidence, ResumeInstruction, RunRecord } from '../domain/types';
import { appendAuditEvent } from '../store/audit';
import { CHANNELS, notify } from '../store/Listener';
import { lockMigration } from '../store/migrations';
import {
  ClaimedItem,
  claimableRuns,
  claimItems,
  Fence,
  finishItem,
  holdRun,
  ItemResult,
  lockClaimableRun,
  markRunStarted,
  requeueItem,
  wakeRuns,
} from '../store/runItemClaims';
import { cancelQueuedItems, lockRunItems } from '../store/runItems';
import { failedItems } from '../store/runProgress';
import { lockRun } from '../store/runs';
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

/** What an ended item means beyond itself. Times in seconds. */
export interface FinishedItem {
  seconds: number;
  /** Set if it was the last item of its run. */
  run?: { status: 'executed' | 'failed' | 'canceled'; seconds: number };
}

const RUNS_A_LOOK = 20;
const UNIQUE_VIOLATION = '23505';

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
   * @returns `contended` if somebody else was just at a run: look again soon
   */
  async claim(ask: {
    executorId: string;
    leaseSeconds: number;
    knows: readonly string[];
    slots: number;
  }): Promise<{ claims: Claim[]; contended: boolean }> {
    const runIds = await claimableRuns(this.#knex, {
      ...ask,
      limit: RUNS_A_LOOK,
    });
    const claims: Claim[] = [];
    let { slots } = ask;
    let contended = false;
    for (const runId of runIds) {
      if (slots === 0) break;
      const claim = await this.#claimFrom(runId, { ...ask, slots });
      if (claim === 'contended') contended = true;
      if (typeof claim === 'string') continue;
      claims.push(claim);
      slots -= claim.items.length;
    }
    return { claims, contended };
  }

  /** One transaction: the run's lock makes its parallelism exact. */
  async #claimFrom(
    runId: string,
    ask: {
      executorId: string;
      leaseSeconds: number;
      knows: readonly string[];
      slots: number;
    },
  ): Promise<Claim | 'contended' | 'held'> {
    try {
      return await this.#knex.transaction(async tx => {
        const run = await lockClaimableRun(tx, runId);
        if (!run) return 'contended';
        const conditions = await this.#conditions.read(tx, run);
        const { limits } = conditions;
        const items = await claimItems(tx, { ...ask, run, may: limits });
        if (items.length === 0) {
          await this.#hold(tx, run, conditions);
          return 'held';
        }
        if (run.hold) await wakeRuns(tx, { id: run.id });

        const startedRun = run.status === 'queued';
        const audit = {
          migrationId: run.migrationId,
          runId: run.id,
          environment: run.environment,
        };
        if (startedRun) {
          await markRunStarted(tx, run.id);
          await appendAuditEvent(tx, {
            ...audit,
            action: 'run.started',
            entityType: 'run',
            entityId: run.id,
            payload: { executor: ask.executorId, revision: run.revision },
          });
        }
        for (const item of items) {
          if (!item.recovered) continue;
          await appendAuditEvent(tx, {
            ...audit,
            action: 'run_item.recovered',
            entityType: 'run_item',
            entityId: item.id,
            payload: {
              target: item.targetId,
              attempt: item.attempt,
              executor: ask.executorId,
            },
          });
        }
        await notify(tx, CHANNELS.changes, run.id);
        return { run: { ...run, status: 'running' }, items, startedRun };
      });
    } catch (error) {
      // Another run's item was claimed on the same target in this instant.
      if ((error as { code?: unknown }).code === UNIQUE_VIOLATION) {
        return 'contended';
      }
      throw error;
    }
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
   * Records how an attempt ended; with the last item the run ends too.
   *
   * @param options - `blockers` are what kept the gate closed, if it was;
   * `evidence` is what was tried to find out what an earlier attempt did
   * @throws LostLease
   */
  async finish(
    fence: Fence,
    options: {
      run: RunRecord;
      targetId: string;
      result: ItemResult;
      blockers?: Refusal[];
      evidence?: Evidence[];
    },
  ): Promise<FinishedItem> {
    const { result, targetId } = options;
    return this.#knex.transaction(async tx => {
      await lockMigration(tx, options.run.migrationId);
      const run = await lockRun(tx, options.run.id);
      const finished =
        run && (await finishItem(tx, fence, result, options.evidence));
      if (!finished) throw new LostLease(fence);

      const audit = {
        entityType: 'run_item' as const,
        entityId: fence.itemId,
        migrationId: run.migrationId,
        runId: run.id,
        environment: run.environment,
      };
      if (options.blockers) {
        await appendAuditEvent(tx, {
          ...audit,
          action: 'execution.blocked',
          payload: {
            target: targetId,
            reasons: options.blockers.map(({ code, message }) => ({
              code,
              message,
            })),
          },
        });
      }
      await appendAuditEvent(tx, {
        ...audit,
        action: 'run_item.finished',
        payload: {
          target: targetId,
          type: run.type,
          status: result.status,
          outcome: result.outcome,
          attempt: fence.attempt,
          statementsDone: result.statementsDone,
          code: result.error?.code,
          statementIndex: result.error?.statementIndex,
        },
      });
      if (result.status === 'failed') await this.#stopAfterFailures(tx, run);
      await wakeRuns(tx, { id: run.id });
      const status = await settleRun(tx, this.#facts, {
        run,
        coalesce: true,
      });
      await notify(tx, CHANNELS.changes, run.id);
      // The target is free, and so is a place of the run.
      await notify(tx, CHANNELS.work);
      if (!status) return finished;
      const spent = await tx('runs')
        .where({ id: run.id })
        .first(
          tx.raw('extract(epoch from now() - started_at)::float8 as seconds'),
        );
      return { ...finished, run: { status, seconds: spent.seconds } };
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
