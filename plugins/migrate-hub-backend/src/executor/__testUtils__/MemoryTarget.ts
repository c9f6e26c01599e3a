import {
  HistoryChange,
  LedgerRow,
  StatementGroups,
  StatementResult,
  TargetError,
  TargetRecord,
  TargetSession,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';

/**
 * How a call of a session goes wrong.
 *
 * - `refused`: the server says no, and nothing happened
 * - `lost-before`: the connection breaks before the server does anything
 * - `lost-after`: the server does it, and the answer is lost
 */
export type Fault = 'refused' | 'lost-before' | 'lost-after';

interface State {
  applied: string[];
  ledger?: LedgerRow;
  history: boolean;
}

/**
 * A target database that only remembers, and fails where it is told to. For
 * the pure loop of executing a plan: what a real server does is the conformance
 * kit's to show.
 */
export class MemoryTarget {
  durable: State = { applied: [], history: false };
  /** Calls that change something, in their order. */
  calls = 0;
  #fault: { at: number; kind: Fault } | undefined;

  failAt(call: number, kind: Fault): void {
    this.#fault = { at: call, kind };
  }

  /** Which fault the next call meets, if any. */
  nextFault(): Fault | undefined {
    this.calls += 1;
    return this.#fault?.at === this.calls ? this.#fault.kind : undefined;
  }
}

const lost = (commitInDoubt: boolean) =>
  new TargetError({
    code: 'CONNECTION_LOST',
    message: 'connection lost',
    connectionLost: true,
    commitInDoubt,
  });

/** A session to a {@link MemoryTarget}. */
export class MemorySession implements TargetSession {
  readonly identity = { id: 'server/db', flavour: 'Memory', version: '1' };
  readonly backend = { pid: '1', startedAt: '2026-01-01T00:00:00Z' };
  readonly #target: MemoryTarget;
  #open: State | undefined;
  #gone = false;

  constructor(target: MemoryTarget) {
    this.#target = target;
  }

  async acquireLock(): Promise<void> {}
  async prepareTables(): Promise<void> {}
  async cancel(): Promise<void> {}

  async readRecord(): Promise<TargetRecord> {
    return { own: this.#target.durable.ledger };
  }

  async begin(): Promise<void> {
    this.#call(() => {
      this.#open = structuredClone(this.#target.durable);
    });
  }

  async execute(sql: string): Promise<StatementResult> {
    this.#call(state => state.applied.push(sql));
    return { rows: 1, durationMs: 1 };
  }

  readonly together: StatementGroups = {
    // Capital letters go alone.
    takes: sql => sql !== sql.toUpperCase(),
    execute: async (statements, onDone) => {
      for (const sql of statements) onDone(await this.execute(sql));
    },
  };

  async writeLedger(row: LedgerRow): Promise<void> {
    this.#call(state => {
      state.ledger = row;
    });
  }

  async writeRecord(row: LedgerRow, { insert }: HistoryChange): Promise<void> {
    this.#call(state => {
      state.ledger = row;
      state.history = insert !== undefined;
    });
  }

  async commit(): Promise<void> {
    const fault = this.#fault();
    const committed = this.#open;
    this.#open = undefined;
    if (!committed) throw new Error('COMMIT without a transaction');
    if (fault === 'refused') {
      throw new TargetError({ code: 'COMMIT_REFUSED', message: 'refused' });
    }
    if (fault !== 'lost-before') this.#target.durable = committed;
    if (fault) throw this.#lose({ commitInDoubt: true });
  }

  async rollback(): Promise<void> {
    this.#fault();
    this.#open = undefined;
  }

  async close(): Promise<void> {
    this.#gone = true;
    this.#open = undefined;
  }

  #call(effect: (state: State) => void): void {
    const fault = this.#fault();
    if (fault === 'refused') {
      throw new TargetError({ code: 'STATEMENT_FAILED', message: 'refused' });
    }
    if (fault === 'lost-before') throw this.#lose({ commitInDoubt: false });
    effect(this.#open ?? this.#target.durable);
    if (fault === 'lost-after') throw this.#lose({ commitInDoubt: false });
  }

  #fault(): Fault | undefined {
    if (this.#gone) throw lost(false);
    return this.#target.nextFault();
  }

  #lose(options: { commitInDoubt: boolean }): TargetError {
    this.#gone = true;
    this.#open = undefined;
    return lost(options.commitInDoubt);
  }
}
