import {
  Evidence,
  ResumeInstruction,
  RunItemRecord,
  RunRecord,
} from '../domain/types';
import { Fence, ItemProgress } from '../store/runItemAttempts';
import { ClaimedItem } from '../store/runItemClaims';
import { ItemLog, printable } from './ItemLog';

/**
 * Why a worker stops before it is through.
 *
 * - `canceled`: somebody asked for it
 * - `shutdown`: this process ends
 * - `lost`: the item is another worker's by now; nothing more may be sent
 */
export type StopReason = 'canceled' | 'shutdown' | 'lost';

/**
 * One attempt at one run item, in memory: what the worker has done so far, and
 * what others want of it.
 *
 * @remarks
 * The worker writes here and reads {@link ItemAttempt.stopReason} between
 * statements; the Flusher carries progress and log to the metadata store, the
 * Heartbeat brings back what is wanted. So the worker never waits for the
 * metadata store while a transaction is open on a target.
 */
export class ItemAttempt {
  readonly run: RunRecord;
  readonly fence: Fence;
  readonly targetId: string;
  readonly recovered: boolean;
  /** So many executors fell silent with the item before this attempt. */
  readonly recoveries: number;
  /** Left on the target by an earlier attempt, as far as anybody knows. */
  readonly predecessor: RunItemRecord['session'];
  readonly resume: ResumeInstruction | undefined;
  /** What was tried to find out what an earlier attempt did. */
  readonly evidence: Evidence[] = [];
  readonly log: ItemLog;

  readonly #stopping = new AbortController();
  readonly #leaving = new AbortController();
  #executing = false;
  #stopReason: StopReason | undefined;
  #progress: Omit<ItemProgress, 'logLines' | 'logDropped'> = {
    statementsDone: 0,
  };
  #changed = false;

  constructor(run: RunRecord, item: ClaimedItem) {
    this.run = run;
    this.fence = { itemId: item.id, attempt: item.attempt };
    this.targetId = item.targetId;
    this.recovered = item.recovered;
    this.recoveries = item.recoveries;
    this.predecessor = item.session;
    this.resume = item.resume;
    this.log = new ItemLog({ earlierLines: item.logLines });
  }

  get itemId(): string {
    return this.fence.itemId;
  }

  get attempt(): number {
    return this.fence.attempt;
  }

  /** Something before this attempt may be unfinished: its traces are read first, whatever is wanted now. */
  get inherits(): boolean {
    return this.recovered || this.resume !== undefined;
  }

  /** It may be in the words of a server, and has to fit into the record. */
  found(check: string, result: string): void {
    this.evidence.push({
      check,
      result: printable(result),
      at: new Date().toISOString(),
    });
  }

  /** Statements may have been sent: from here on only what is known of them counts. */
  get executing(): boolean {
    return this.#executing;
  }

  beginExecuting(): void {
    this.#executing = true;
  }

  /** Fires at the first reason to stop. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Fires when this executor has no more business with the item; a cancel is none of it. */
  get leaving(): AbortSignal {
    return this.#leaving.signal;
  }

  get stopReason(): StopReason | undefined {
    return this.#stopReason;
  }

  /** A lost item outweighs a cancel, and a cancel a shutdown. */
  stop(reason: StopReason): void {
    const weights = { shutdown: 1, canceled: 2, lost: 3 };
    const current = this.#stopReason ? weights[this.#stopReason] : 0;
    if (weights[reason] <= current) return;
    this.#stopReason = reason;
    this.#stopping.abort();
    if (reason !== 'canceled') this.#leaving.abort();
  }

  waitFor(holder: string | undefined): void {
    const since = this.#progress.waitingFor?.since ?? new Date().toISOString();
    this.#progress.waitingFor = {
      kind: 'target_lock',
      holder: holder && printable(holder),
      since,
    };
    this.#changed = true;
  }

  stopWaiting(): void {
    if (!this.#progress.waitingFor) return;
    this.#progress.waitingFor = undefined;
    this.#changed = true;
  }

  beginStatement(index: number): void {
    this.#progress.currentStatement = index;
    this.#progress.currentStartedAt = new Date();
    this.#changed = true;
  }

  /** So many statements are done; of a transaction that is open, too. */
  setDone(statements: number): void {
    this.#progress.statementsDone = statements;
    this.#progress.currentStatement = undefined;
    this.#progress.currentStartedAt = undefined;
    this.#changed = true;
  }

  get needsFlush(): boolean {
    return this.#changed || this.log.hasPending;
  }

  takeProgress(): ItemProgress {
    this.#changed = false;
    return {
      ...this.#progress,
      logLines: this.log.lines,
      logDropped: this.log.dropped,
    };
  }

  /** What was taken could not be stored. */
  keepProgress(): void {
    this.#changed = true;
  }
}
