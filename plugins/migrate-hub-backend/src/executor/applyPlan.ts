import { setTimeout as sleep } from 'timers/promises';
import {
  HistoryRow,
  LedgerRow,
  LedgerState,
  Plan,
  PlanUnit,
  StatementResult,
  TargetError,
  TargetSession,
  textOf,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import {
  doubtAfter,
  isLost,
  messageOf,
  Phase,
  Stopped,
  stopReasonOf,
} from './doubt';
import { FailPoint, FailPointName } from './failPoints';
import { ItemAttempt, StopReason } from './ItemAttempt';
import { Doubt, Facts } from './outcome';
import { StatementPace } from './StatementPace';

const CANCEL_AGAIN_MS = 1_000;

/** What is to be done on a target, by its record. */
export interface PlanTask {
  session: TargetSession;
  plan: Plan;
  /** The SQL whose hash was approved; statements are slices of it. */
  bytes: Buffer;
  /** What every ledger row of this attempt has in common. */
  ledger: Omit<LedgerRow, 'position' | 'state' | 'statementSha256'>;
  history: HistoryRow;
  /** Where an earlier attempt came to; absent: nothing of it is there. */
  resume?: { from: number; redo?: true };
  attempt: ItemAttempt;
  failPoint?: FailPoint;
}

/** How the execution of a plan ended. It never throws: this says what is known. */
export interface PlanEnd {
  facts: Facts;
  /** An unfinished ledger row of ours may stand in the target. */
  ledgerOpen: boolean;
  /** What broke it off; absent if it came to its end or was stopped. */
  error?: unknown;
  /** The statement that was at work when it broke off. */
  statementIndex?: number;
  stopped?: StopReason;
}

/** One execution of a plan; keeps count of what is durable for certain. */
class PlanExecution {
  readonly #task: PlanTask;
  readonly #from: number;
  /** An earlier attempt's, until its statement has been done again. */
  #inherited: boolean;
  #phase: Phase = 'between';
  #durable: number;
  /** The record is written, in a transaction that is not committed. */
  #recordWritten = false;
  #recorded = false;
  #ledgerOpen = false;
  #current: number | undefined;

  constructor(task: PlanTask) {
    this.#task = task;
    this.#from = task.resume?.from ?? 0;
    this.#durable = this.#from;
    this.#inherited = task.resume?.redo ?? false;
  }

  async run(): Promise<PlanEnd> {
    try {
      if (this.#task.plan.mode === 'single_transaction') {
        await this.#inOneTransaction();
      } else {
        await this.#stepByStep();
      }
    } catch (error) {
      return this.#brokenOff(error);
    }
    return { facts: this.#facts('none'), ledgerOpen: false };
  }

  /** Statements, finished ledger row and history row become durable in one instant. */
  async #inOneTransaction(): Promise<void> {
    const { session, plan } = this.#task;
    await session.begin();
    this.#phase = 'transaction';
    for (const unit of plan.units) await this.#statements(unit);
    await this.#record();
    await this.#commit(plan.statements.length);
  }

  async #stepByStep(): Promise<void> {
    const { session, plan } = this.#task;
    this.#stopIfAsked();
    // Even if the answer to this is lost, the row may be there.
    this.#ledgerOpen = true;
    // A statement in doubt stays so in the ledger until it is sent again.
    if (!this.#inherited) await this.#mark('running', this.#from);
    const left = plan.units.filter(unit => unit.last >= this.#from);
    if (left.some(unit => unit.first < this.#from)) {
      throw new Error(`statement ${this.#from} is inside a unit of its plan`);
    }
    if (left.length > 0) await this.#replaySettings();
    for (const unit of left) {
      this.#stopIfAsked();
      if (unit.transactional) {
        await this.#transaction(unit);
      } else {
        await this.#single(unit.first);
      }
    }
    await session.begin();
    this.#phase = 'transaction';
    await this.#record();
    await this.#commit(plan.statements.length);
  }

  /** What earlier statements set in a session that is gone. */
  async #replaySettings(): Promise<void> {
    const { session, plan, bytes } = this.#task;
    for (const { start, end, leaves } of plan.statements.slice(0, this.#from)) {
      if (leaves !== 'settings') continue;
      this.#stopIfAsked();
      await session.execute(await textOf(bytes.subarray(start, end)));
    }
  }

  /** A unit and its position in the ledger, together or not at all. */
  async #transaction(unit: PlanUnit): Promise<void> {
    await this.#task.session.begin();
    this.#phase = 'transaction';
    await this.#statements(unit);
    await this.#mark('running', unit.last + 1);
    await this.#commit(unit.last + 1);
  }

  /** A statement that cannot be in a transaction, between two durable marks. */
  async #single(index: number): Promise<void> {
    const sql = await this.#text(index);
    // From one mark to the other this is the statement in doubt, and is named.
    this.#current = index;
    await this.#mark('started', index);
    await this.#failPoint('intent_written', index);
    this.#stopIfCanceled();
    this.#phase = 'single';
    await this.#send(index, [sql]);
    this.#inherited = false;
    this.#phase = 'marking';
    this.#current = index;
    await this.#mark('running', index + 1);
    this.#current = undefined;
    this.#phase = 'between';
    this.#durable = index + 1;
  }

  async #statements(unit: PlanUnit): Promise<void> {
    const pace = new StatementPace(this.#task.plan.statements);
    for (let index = unit.first; index <= unit.last; ) {
      const statements = await this.#group(index, pace.next(index, unit.last));
      this.#stopIfAsked();
      const began = performance.now();
      await this.#send(index, statements);
      pace.took(performance.now() - began);
      index += statements.length;
    }
  }

  /** Those that leave together from here on: one, or as many as the engine takes, up to `most`. */
  async #group(first: number, most: number): Promise<string[]> {
    const { together } = this.#task.session;
    const statements = [await this.#text(first)];
    if (!together?.takes(statements[0])) return statements;
    for (let index = first + 1; index < first + most; index += 1) {
      const sql = await this.#text(index);
      if (!together.takes(sql)) break;
      statements.push(sql);
    }
    return statements;
  }

  async #text(index: number): Promise<string> {
    const { plan, bytes } = this.#task;
    const { start, end } = plan.statements[index];
    return textOf(bytes.subarray(start, end));
  }

  async #send(first: number, statements: string[]): Promise<void> {
    const { session, attempt } = this.#task;
    const last = first + statements.length - 1;
    this.#begin(first);
    const onDone = (result: StatementResult) => {
      const index = this.#current ?? first;
      this.#done(index, result);
      if (index < last) this.#begin(index + 1);
    };
    await this.#cancelable(async () => {
      if (session.together && statements.length > 1) {
        await session.together.execute(statements, onDone);
      } else {
        onDone(await session.execute(statements[0]));
      }
    }).catch(error => {
      if (error instanceof TargetError && error.detail) {
        attempt.log.write('error', error.detail, {
          statementIndex: this.#current,
          sensitive: true,
        });
      }
      throw error;
    });
    for (let index = first; index <= last; index += 1) {
      await this.#failPoint('statement_done', index);
    }
    this.#current = undefined;
  }

  #begin(index: number): void {
    this.#current = index;
    this.#task.attempt.beginStatement(index);
  }

  #done(index: number, { durationMs, rows }: StatementResult): void {
    const { plan, attempt } = this.#task;
    const { kind, line } = plan.statements[index];
    attempt.setDone(index + 1);
    // Never the text: SQL can hold passwords.
    attempt.log.write('info', `Statement ${index + 1}, line ${line}: ${kind}`, {
      statementIndex: index,
      durationMs,
      rows,
    });
  }

  /** Has the server cancel what it is doing when somebody cancels the run meanwhile. */
  async #cancelable<T>(work: () => Promise<T>): Promise<T> {
    const { signal } = this.#task.attempt;
    // Made where somebody cancels: a script may have a hundred thousand statements.
    let over: AbortController | undefined;
    const cancel = () => {
      over = new AbortController();
      void this.#cancelUntil(over.signal);
    };
    signal.addEventListener('abort', cancel);
    try {
      return await work();
    } finally {
      signal.removeEventListener('abort', cancel);
      over?.abort();
    }
  }

  /** Again and again: one cancel may come before the statement, or be swallowed by a handler in it. */
  async #cancelUntil(over: AbortSignal): Promise<void> {
    const { session, attempt } = this.#task;
    let refusal: string | undefined;
    while (!over.aborted) {
      if (attempt.stopReason === 'canceled') {
        const refused = await session.cancel().then(() => undefined, messageOf);
        if (refused && refused !== refusal) {
          attempt.log.write(
            'warn',
            `The server did not take the cancel: ${refused}`,
          );
        }
        refusal = refused;
      }
      await sleep(CANCEL_AGAIN_MS, undefined, { signal: over }).catch(
        () => undefined,
      );
    }
  }

  async #mark(state: LedgerState, position: number): Promise<void> {
    await this.#task.session.writeLedger(this.#ledgerRow(state, position));
  }

  #ledgerRow(state: LedgerState, position: number): LedgerRow {
    const { ledger, plan } = this.#task;
    return {
      ...ledger,
      state,
      position,
      statementSha256: plan.statements[position]?.sha256,
    };
  }

  async #record(): Promise<void> {
    const { session, plan, ledger, history } = this.#task;
    await session.writeRecord(
      this.#ledgerRow('finished', plan.statements.length),
      ledger.direction === 'up' ? { insert: history } : { remove: history },
    );
    this.#recordWritten = true;
    await this.#failPoint('record_written');
  }

  async #commit(durable: number): Promise<void> {
    await this.#failPoint('before_commit');
    // Stepwise, everything is applied when the record is: a cancel comes too late.
    const isTooLate =
      this.#recordWritten && this.#task.plan.mode === 'stepwise';
    if (isTooLate) this.#stopIfLost();
    else this.#stopIfAsked();
    this.#phase = 'commit';
    await this.#task.session.commit();
    this.#phase = 'between';
    this.#inherited = false;
    this.#durable = durable;
    this.#recorded = this.#recordWritten;
    await this.#failPoint('after_commit');
  }

  #stopIfAsked(): void {
    const { stopReason } = this.#task.attempt;
    if (stopReason) throw new Stopped(stopReason);
  }

  /**
   * Where the ledger says that a statement is under way: a worker that lost its
   * item could not take that back any more.
   */
  #stopIfCanceled(): void {
    const { stopReason } = this.#task.attempt;
    if (stopReason !== 'lost') this.#stopIfAsked();
  }

  #stopIfLost(): void {
    if (this.#task.attempt.stopReason === 'lost') throw new Stopped('lost');
  }

  async #failPoint(name: FailPointName, index?: number): Promise<void> {
    const { failPoint, attempt } = this.#task;
    if (failPoint) await failPoint(name, { ...attempt.fence, index });
  }

  async #brokenOff(error: unknown): Promise<PlanEnd> {
    const { session, attempt } = this.#task;
    const doubt = this.#inherited
      ? 'statement'
      : doubtAfter(error, this.#phase);
    const statementIndex = this.#current;

    const open = this.#phase === 'transaction' || this.#phase === 'commit';
    if (open && !isLost(error)) {
      // If this fails the session is gone, and the server rolls back by itself.
      await session.rollback().catch(() => undefined);
    }
    attempt.setDone(this.#durable);
    const facts = this.#facts(doubt);
    if (this.#recorded) this.#ledgerOpen = false;
    if (!isLost(error) && this.#ledgerOpen) await this.#tidyLedger(facts);
    return {
      facts,
      ledgerOpen: this.#ledgerOpen,
      statementIndex,
      stopped: stopReasonOf(error, attempt),
      error: error instanceof Stopped ? undefined : error,
    };
  }

  /**
   * Lets the ledger say what is known while this session still can: nothing of
   * it is there, or so many statements are. Where a statement is in doubt the
   * row stays as it is.
   */
  async #tidyLedger(facts: Facts): Promise<void> {
    if (facts.doubt !== 'none') return;
    if (this.#task.attempt.stopReason === 'lost') return;
    try {
      if (facts.durable > 0) {
        await this.#mark('running', facts.durable);
        return;
      }
      await this.#mark('not_applied', 0);
      this.#ledgerOpen = false;
    } catch (error) {
      // A new session has to close the row, see needsSettlement.
      this.#task.attempt.log.write(
        'warn',
        `The ledger row could not be closed: ${messageOf(error)}`,
      );
    }
  }

  #facts(doubt: Doubt): Facts {
    return { recorded: this.#recorded, durable: this.#durable, doubt };
  }
}

/** Executes a plan, statement by statement, and records it in the target. */
export async function applyPlan(task: PlanTask): Promise<PlanEnd> {
  return new PlanExecution(task).run();
}
