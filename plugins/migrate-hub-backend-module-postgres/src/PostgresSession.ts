import { DatabaseError, QueryResult } from 'pg';
import {
  ConnectOptions,
  Direction,
  HistoryChange,
  LedgerRow,
  ProbeFinding,
  ServerIdentity,
  SessionHandle,
  StatementGroups,
  StatementResult,
  TargetConnection,
  TargetError,
  TargetRecord,
  TargetSession,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import {
  connectionLost,
  isConnectionLoss,
  serverFailure,
  sessionDamaged,
} from './errors';
import {
  asOurselves,
  damageOf,
  guardedWrites,
  guardOnly,
  Write,
} from './guard';
import { LOCK_HELD, LockOptions, pollLock } from './lock';
import { isThrough } from './isThrough';
import { findingsOf, probeQuery } from './probe';
import {
  historyDelete,
  historyInsert,
  ledgerWrite,
  recordQuery,
  toRecord,
} from './records';
import {
  assertSupported,
  meetServer,
  ServerFacts,
  sessionSettings,
} from './server';
import { mayBeSentTogether, StatementRunner } from './StatementRunner';
import {
  ensureTables,
  inspectTables,
  TableNames,
  tableNames,
  tablesIntact,
  tablesQuery,
  TablesState,
  toTablesState,
} from './tables';
import { Row, Wire } from './Wire';

/** Without a byte for so long, the server is asked what the session is doing. */
const QUIET_MS = 5_000;

/** What the server reads a statement by has to be what it was approved by; it tells when one changes. */
const READ_BY = [
  ['standard_conforming_strings', 'on'],
  ['client_encoding', 'UTF8'],
] as const;

/** Errors that say that a table of ours is not what it was; 0A000: a rule of its own takes our writes. */
const TABLE_GONE = /^(0A000|42P01|42703|42P10|3F000|42804|428C9)$/;

type HistoryKey = NonNullable<HistoryChange['remove']>;

/** One Postgres session for one attempt at a run item. */
export class PostgresSession implements TargetSession {
  readonly #wire: Wire;
  readonly #facts: ServerFacts;
  #names: TableNames;
  readonly #runner: StatementRunner;
  #locked = false;
  /** The tables as they were when the lock was taken, for whoever prepares them first. */
  #found: TablesState | undefined;
  #tables: string | undefined;
  /** Set by the first statement of a script: nothing of the session is taken for granted then. */
  #scriptRan = false;
  /** The id of the transaction that `begin` opened. */
  #transaction: string | undefined;
  /** A statement of the script ran since the guard last looked. */
  #unchecked = false;
  #damage: TargetError | undefined;
  #closed = false;

  private constructor(
    wire: Wire,
    facts: ServerFacts,
    connection: TargetConnection,
    options: ConnectOptions,
  ) {
    this.#wire = wire;
    this.#facts = facts;
    this.#names = tableNames(connection);
    this.#runner = StatementRunner.create({ wire, facts, connection, options });
  }

  static async open(
    connection: TargetConnection,
    options: ConnectOptions,
  ): Promise<PostgresSession> {
    const wire = await Wire.open(connection, {
      tag: options.tag,
      timeoutMs: options.connectTimeoutMs,
    });
    try {
      const facts = await meetServer(wire, sessionSettings(options));
      assertSupported(facts);
      if (options.onNotice) {
        const { onNotice } = options;
        wire.onNotice((severity, message) => onNotice({ severity, message }));
      }
      wire.watchSilence({
        quietMs: QUIET_MS,
        hasAnswered: () => isThrough(connection, facts.backend),
      });
      return new PostgresSession(wire, facts, connection, options);
    } catch (error) {
      await wire.close();
      throw serverFailure(error, { code: 'UNSUPPORTED_SERVER' });
    }
  }

  get identity(): ServerIdentity {
    return this.#facts.identity;
  }

  get backend(): SessionHandle {
    return this.#facts.backend;
  }

  async acquireLock(options: LockOptions): Promise<void> {
    if (this.#locked) {
      return;
    }
    if (this.#facts.pooled) {
      throw new TargetError({
        code: 'LOCK_UNSUPPORTED',
        message:
          'A pooler (PgBouncer or the like) stands before this server and may give the lock to two runs at once. Give the address of the server itself',
      });
    }
    const rows = await this.#ours(() =>
      pollLock(this.#wire, options, tablesQuery(this.#names)),
    );
    this.#found = toTablesState(rows, this.#names);
    this.#locked = true;
  }

  async prepareTables(): Promise<void> {
    const seen = this.#found;
    this.#found = undefined;
    const { signature, takesCheckpoints } = await this.#ours(async () =>
      ensureTables(
        this.#wire,
        this.#names,
        seen ?? (await inspectTables(this.#wire, this.#names)),
      ),
    );
    this.#names = { ...this.#names, takesCheckpoints };
    this.#tables = tablesIntact(this.#names, signature);
  }

  async readRecord(ask: {
    migrationKey: string;
    runItemId: string;
    direction: Direction;
  }): Promise<TargetRecord> {
    const [row] = await this.#own(recordQuery(this.#names, ask));
    return toRecord(row);
  }

  async probe({ sql }: { sql: string }): Promise<ProbeFinding[]> {
    const query = probeQuery(sql);
    return query === undefined ? [] : findingsOf(await this.#own(query));
  }

  async begin(): Promise<void> {
    this.#assertStatus('I');
    const results = await this.#ours(() =>
      this.#wire.ask(`BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SELECT pg_catalog.set_config('migrate_hub.search_path', pg_catalog.current_setting('search_path'), true), pg_catalog.set_config('search_path', 'pg_catalog', true);
SELECT ${LOCK_HELD} AS lock_held, pg_current_xact_id()::text AS id, set_config('search_path', current_setting('migrate_hub.search_path'), true)`),
    );
    const [{ lock_held: held, id }] = results[2].rows;
    if (held !== true) {
      await this.rollback();
      throw this.#damaged(
        sessionDamaged('The lock under which the script runs is gone'),
      );
    }
    this.#transaction = String(id);
    this.#unchecked = false;
  }

  async execute(sql: string): Promise<StatementResult> {
    return this.#script(() =>
      this.#runner.run(sql, {
        inTransaction: this.#transaction !== undefined,
      }),
    );
  }

  readonly together: StatementGroups = {
    takes: mayBeSentTogether,
    execute: async (statements, onDone) => {
      this.#assertStatus('T');
      await this.#script(() => this.#runner.runTogether(statements, onDone));
    },
  };

  /** Something of the script runs; how it leaves the session is looked at before and after. */
  async #script<T>(work: () => Promise<T>): Promise<T> {
    this.#assertAlive();
    if (this.#damage) {
      throw this.#damage;
    }
    for (const [name, needed] of READ_BY) {
      const value = this.#wire.parameter(name);
      if (value === needed) continue;
      throw this.#damaged(
        sessionDamaged(
          `The script set ${name} to ${value}: what is read would not be what runs`,
        ),
      );
    }
    this.#scriptRan = true;
    this.#unchecked = true;
    const result = await work();
    const expected = this.#transaction === undefined ? 'I' : 'T';
    if (this.#wire.status !== expected) {
      throw this.#damaged(
        sessionDamaged(
          expected === 'I'
            ? 'The statement left a transaction open'
            : 'The statement ended the transaction that it ran in',
        ),
      );
    }
    return result;
  }

  async writeLedger(row: LedgerRow): Promise<void> {
    await this.#write({ ledger: ledgerWrite(this.#names, row) });
  }

  async writeRecord(
    ledger: LedgerRow,
    { remove, insert }: HistoryChange,
  ): Promise<void> {
    this.#assertStatus('T');
    const row = { ledger: ledgerWrite(this.#names, ledger) };
    const inserted = insert && historyInsert(this.#names, insert);
    if (!remove) {
      await this.#write({ ...row, ...(inserted && { inserted }) });
      return;
    }
    await this.#write(
      { ...row, removed: historyDelete(this.#names, remove) },
      remove,
    );
    // In one statement it would meet the row that goes.
    if (inserted) await this.#write({ inserted });
  }

  async commit(): Promise<void> {
    this.#assertStatus('T');
    if (this.#unchecked) {
      const [guard] = await this.#own(guardOnly(this.#guarded()));
      this.#assertSound(guard);
    }
    await this.#runner.settled();
    this.#transaction = undefined;
    let results: QueryResult<Row>[];
    try {
      results = await this.#wire.ask('COMMIT');
    } catch (error) {
      if (isConnectionLoss(error)) {
        throw connectionLost(error, { commitInDoubt: true });
      }
      throw serverFailure(error, {
        code: this.#runner.wasCanceled(error) ? 'CANCELED' : 'COMMIT_REFUSED',
      });
    }
    if (results[0].command !== 'COMMIT') {
      throw new TargetError({
        code: 'COMMIT_REFUSED',
        message: 'The server rolled the transaction back instead of committing',
      });
    }
  }

  async rollback(): Promise<void> {
    this.#transaction = undefined;
    await this.#ours(() => this.#wire.ask('ROLLBACK'));
  }

  async cancel(): Promise<void> {
    if (!this.#closed && !this.#wire.loss) {
      await this.#runner.cancel();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#wire.close();
  }

  #guarded() {
    return {
      transactionId: this.#transaction,
      tablesIntact: this.#tables,
    };
  }

  /** Each of the writes has to write one row. */
  async #write(
    writes: { ledger?: Write; inserted?: Write; removed?: Write },
    removed?: HistoryKey,
  ): Promise<void> {
    if (!this.#locked) {
      throw sessionDamaged('Nothing is written without the lock');
    }
    if (this.#damage) {
      throw this.#damage;
    }
    const [guard] = await this.#own(guardedWrites(writes, this.#guarded()));
    this.#assertSound(guard);
    if (writes.ledger && guard.ledger !== 1) {
      throw changed('A later attempt at this item has written to the ledger');
    }
    if (writes.inserted && guard.inserted !== 1) {
      throw sessionDamaged(
        'The history table swallowed its row: it has a trigger or rule of its own',
      );
    }
    if (writes.removed && guard.removed !== 1) {
      throw changed(
        `There is no history row of ${removed?.migrationKey} with this checksum`,
      );
    }
  }

  #assertSound(guard: Row): void {
    const damage = damageOf(guard);
    if (damage) {
      throw this.#damaged(damage);
    }
    this.#unchecked = false;
  }

  /** Runs one query of ours as ourselves and answers its rows. */
  async #own(sql: string): Promise<Row[]> {
    const inTransaction = this.#transaction !== undefined;
    this.#assertStatus(inTransaction ? 'T' : 'I');
    const user = this.#wire.parameter('session_authorization');
    // Before the script has run the session is as it was made; and outside a
    // transaction SET LOCAL ends with the message.
    const wrapped =
      this.#scriptRan || inTransaction
        ? asOurselves(sql, {
            role: this.#facts.role,
            otherUser: user !== undefined && user !== this.#runner.username,
            inTransaction,
          })
        : `SET LOCAL search_path = pg_catalog;\n${sql}`;
    const results = await this.#ours(() => this.#wire.ask(wrapped));
    const answer = results.findLast(({ rows }) =>
      rows.some(row => !('set_config' in row)),
    );
    return answer?.rows ?? [];
  }

  /** Everything of ours waits until a cancellation that was asked for has arrived. */
  async #ours<T>(work: () => Promise<T>): Promise<T> {
    this.#assertAlive();
    await this.#runner.settled();
    try {
      return await work();
    } catch (error) {
      if (error instanceof TargetError) {
        throw error;
      }
      if (isConnectionLoss(error)) {
        throw connectionLost(error);
      }
      throw this.#ownFailure(error);
    }
  }

  #ownFailure(error: unknown): TargetError {
    const code = error instanceof DatabaseError ? error.code ?? '' : '';
    if (this.#runner.wasCanceled(error)) {
      return serverFailure(error, { code: 'CANCELED' });
    }
    if (code === '23505') {
      return changed(
        'The history already has a row for this migration: somebody else wrote it',
      );
    }
    if (code === '42501') {
      return serverFailure(error, { code: 'HISTORY_TABLE_DENIED' });
    }
    // Before they were prepared they may well not be there.
    if (TABLE_GONE.test(code) && this.#tables !== undefined) {
      return this.#damaged(
        sessionDamaged(
          `The tables in which the hub records what was applied are not what they were: ${
            (error as Error).message
          }`,
        ),
      );
    }
    return serverFailure(error);
  }

  #damaged(error: TargetError): TargetError {
    this.#damage ??= error;
    return error;
  }

  #assertAlive(): void {
    if (this.#closed) {
      throw connectionLost(new Error('the session was closed'));
    }
    if (this.#wire.loss) {
      throw connectionLost(this.#wire.loss);
    }
  }

  #assertStatus(expected: 'I' | 'T'): void {
    this.#assertAlive();
    if (this.#damage) {
      throw this.#damage;
    }
    // The failed transaction of a statement shows only with the next answer.
    const status = this.#wire.status;
    if (status !== expected && !(expected === 'T' && status === 'E')) {
      throw this.#damaged(
        sessionDamaged(
          expected === 'T'
            ? 'The transaction is no longer open'
            : 'A transaction is open that should not be',
        ),
      );
    }
  }
}

function changed(message: string): TargetError {
  return new TargetError({ code: 'HISTORY_CHANGED', message });
}
