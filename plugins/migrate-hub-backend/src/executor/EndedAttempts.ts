import {
  Claim,
  Claimant,
  FinishedItem,
  LostLease,
  RunItemsService,
} from '../services/RunItemsService';
import { Batch } from './Batch';
import { Ending } from './endings';
import { Flusher } from './Flusher';
import { ItemAttempt } from './ItemAttempt';
import { ExecutorMetrics } from './metrics';

interface Ended {
  attempt: ItemAttempt;
  ending: Ending;
}

/**
 * Records how attempts ended, those that end at the same time together: the
 * locks of a run, its counting and its notifications are paid for once.
 */
export class EndedAttempts {
  readonly #options: EndedAttemptsOptions;
  readonly #batch: Batch<Ended, FinishedItem | 'lost'>;

  private constructor(options: EndedAttemptsOptions) {
    this.#options = options;
    this.#batch = Batch.create(ended => this.#finish(ended, options.next));
  }

  static create(options: EndedAttemptsOptions): EndedAttempts {
    return new EndedAttempts(options);
  }

  /** @throws LostLease, or whatever kept the store from recording it */
  async record(attempt: ItemAttempt, ending: Ending): Promise<void> {
    await this.#record(attempt, ending, ended => this.#batch.ask(ended));
  }

  /** The same in a transaction of its own, which claims nothing. */
  async recordAlone(attempt: ItemAttempt, ending: Ending): Promise<void> {
    await this.#record(attempt, ending, async ended => {
      const [finished] = await this.#finish([ended]);
      return finished;
    });
  }

  async #record(
    attempt: ItemAttempt,
    ending: Ending,
    finish: (ended: Ended) => Promise<FinishedItem | 'lost'>,
  ): Promise<void> {
    const { items, flusher, metrics } = this.#options;
    const { run, fence, targetId } = attempt;
    let { result } = ending;
    if (ending.handOver) await flusher.flush([attempt]);
    if (ending.handOver === 'leave') return;
    if (ending.handOver === 'requeue') {
      const { resume, blockers } = ending;
      if (await items.handBack(fence, run.id, { resume, blockers })) return;
      if (result.outcome === 'not_applied') {
        result = { ...result, status: 'canceled' };
      }
    }
    const finished = await finish({ attempt, ending: { ...ending, result } });
    if (finished === 'lost') throw new LostLease(fence);
    metrics.itemFinished({
      targetId,
      environment: run.environment,
      status: result.status,
      outcome: result.outcome,
      seconds: finished.seconds,
    });
    if (finished.run) {
      metrics.runFinished({
        ...finished.run,
        type: run.type,
        environment: run.environment,
      });
    }
  }

  async #finish(
    ended: Ended[],
    next?: EndedAttemptsOptions['next'],
  ): Promise<(FinishedItem | 'lost')[]> {
    const answers = new Map<ItemAttempt, FinishedItem | 'lost'>();
    const runs = new Map(
      ended.map(({ attempt: { run } }) => [run.id, run] as const),
    );
    for (const run of runs.values()) {
      const ofRun = ended.filter(({ attempt }) => attempt.run.id === run.id);
      const finished = await this.#finishOf(run, ofRun, next);
      for (const [n, { attempt }] of ofRun.entries()) {
        answers.set(attempt, finished[n]);
      }
    }
    return ended.map(({ attempt }) => answers.get(attempt) ?? 'lost');
  }

  async #finishOf(
    run: ItemAttempt['run'],
    ended: Ended[],
    next?: EndedAttemptsOptions['next'],
  ): Promise<(FinishedItem | 'lost')[]> {
    const { items, flusher } = this.#options;
    const taken = await flusher.take(ended.map(({ attempt }) => attempt));
    try {
      const { finished, claim } = await items.finish(
        run,
        taken.map(({ attempt, entries, progress }, n) => ({
          ...attempt.fence,
          targetId: attempt.targetId,
          result: ended[n].ending.result,
          blockers: ended[n].ending.blockers,
          evidence: attempt.evidence,
          log: entries,
          logLines: progress.logLines,
          logDropped: progress.logDropped,
        })),
        next?.claimant(run.id),
      );
      if (claim) next?.begin(claim);
      return finished;
    } catch (error) {
      flusher.putBack(taken);
      throw error;
    }
  }
}

export interface EndedAttemptsOptions {
  items: RunItemsService;
  flusher: Flusher;
  metrics: ExecutorMetrics;
  /** Who goes on with the run for which something has ended. */
  next?: {
    /** Absent where its turn is not certain. */
    claimant: (runId: string) => Claimant | undefined;
    begin: (claim: Claim) => void;
  };
}
