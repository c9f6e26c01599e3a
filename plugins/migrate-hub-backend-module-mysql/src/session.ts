import {
  ConnectOptions,
  HistoryChange,
  LedgerRow,
  ProbeFinding,
  ServerIdentity,
  SessionHandle,
  StatementResult,
  TargetConnection,
  TargetError,
  TargetRecord,
  TargetSession,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { commitError } from './commitError';
import { Connected, connect } from './connect';
import { isThrough, killQuery } from './control';
import { UnsafeTables } from './engines';
import { SERVER_ERROR } from './errors';
import { assertSupported, readFacts, ServerFacts } from './facts';
import { damaged, Guard } from './guard';
import { Interruption } from './interruption';
import { acquireLock, lockLiteral } from './lock';
import { probeStatement } from './probe';
import { judge, Proofs } from './proofs';
import { RunRecord } from './runRecord';
import { sessionSettings } from './sessionSettings';
import { statementError } from './statementError';
import { ownError, Tables } from './tables';
import { StatementOutcome, TextRow, Wire } from './wire';

const CLOSE_TIMEOUT_MS = 2_000;
/** Without a byte for so long, the server is asked what the session is doing. */
const QUIET_MS = 5_000;
const MAX_WARNINGS = 50;

/** One connection to one MySQL or MariaDB database. */
export class MySqlSession implements TargetSession {
  readonly #wire: Wire;
  readonly #facts: ServerFacts;
  readonly #target: TargetConnection;
  readonly #options: ConnectOptions;
  readonly #tables: Tables;
  readonly #guard: Guard;
  readonly #record: RunRecord;
  #proofs: Proofs | undefined;
  #unsafe: UnsafeTables | undefined;
  #running: Interruption | undefined;

  private constructor(
    { wire }: Connected,
    facts: ServerFacts,
    target: TargetConnection,
    options: ConnectOptions,
  ) {
    this.#wire = wire;
    this.#facts = facts;
    this.#target = target;
    this.#options = options;
    this.#tables = new Tables(facts, target.historyTable);
    this.#guard = new Guard(wire, facts, this.#tables);
    this.#record = new RunRecord(wire, this.#guard, this.#tables);
  }

  static async open(
    target: TargetConnection,
    options: ConnectOptions,
  ): Promise<MySqlSession> {
    const { connectTimeoutMs: timeoutMs, tag } = options;
    const connected = await connect(target, { timeoutMs, tag });
    const { wire, threadId } = connected;
    try {
      const { database } = target;
      const facts = await readFacts(wire, { database, threadId });
      assertSupported(facts);
      await wire.rows(sessionSettings(facts, options));
      const session = new MySqlSession(connected, facts, target, options);
      await session.#probe();
      wire.watchSilence({
        quietMs: QUIET_MS,
        hasAnswered: () => isThrough(target, session.backend),
      });
      return session;
    } catch (error) {
      await wire.end(CLOSE_TIMEOUT_MS);
      throw ownError(error, 'The session could not be set up');
    }
  }

  async #probe(): Promise<void> {
    this.#proofs = await Proofs.probe({
      wire: this.#wire,
      facts: this.#facts,
      tables: this.#tables,
      guard: this.#guard,
      record: this.#record,
    });
  }

  get identity(): ServerIdentity {
    return this.#facts.identity;
  }

  get backend(): SessionHandle {
    return { pid: this.#facts.connectionId, startedAt: this.#facts.now };
  }

  async acquireLock(
    options: Parameters<TargetSession['acquireLock']>[0],
  ): Promise<void> {
    await acquireLock(this.#wire, this.#facts, options).catch(error => {
      throw ownError(error, 'The lock of the database could not be had');
    });
  }

  async prepareTables(): Promise<void> {
    await this.#tables.prepare(this.#wire);
    this.#unsafe = await UnsafeTables.read(
      this.#wire,
      this.#facts.schema,
    ).catch(error => {
      throw ownError(error, 'The engines of the tables could not be read');
    });
  }

  async readRecord(
    ask: Parameters<TargetSession['readRecord']>[0],
  ): Promise<TargetRecord> {
    return this.#record.read(ask);
  }

  async proveOutcome(
    row: LedgerRow,
  ): Promise<'applied' | 'not_applied' | undefined> {
    try {
      return await judge(this.#wire, this.#facts, row);
    } catch (error) {
      throw ownError(error, 'The server did not tell what it has committed');
    }
  }

  async probe({ sql }: { sql: string }): Promise<ProbeFinding[]> {
    try {
      return await probeStatement(sql, this.#facts.schema, query =>
        this.#wire.rows(query),
      );
    } catch (error) {
      throw ownError(error, 'The target could not be looked at');
    }
  }

  async begin(): Promise<void> {
    try {
      await this.#guard.begin();
    } catch (error) {
      throw damaged(error);
    }
  }

  async execute(sql: string): Promise<StatementResult> {
    this.#assertFits(sql);
    for (const message of this.#unsafe?.warningsOf(sql) ?? []) {
      this.#options.onNotice?.({ severity: 'warning', message });
    }
    const gtid = await this.#beforeStatement(sql).catch(error => {
      throw damaged(error);
    });
    const interruption = new Interruption(() =>
      killQuery(this.#target, this.backend),
    );
    this.#running = interruption;
    const started = performance.now();
    let outcome: StatementOutcome | undefined;
    let failure: unknown;
    try {
      interruption.startDeadline(this.#options.statementTimeoutMs);
      outcome = await this.#wire.run(sql);
    } catch (error) {
      failure = error;
    }
    const durationMs = Math.round(performance.now() - started);
    this.#guard.afterStatement(sql, outcome);
    await this.#settle(interruption);
    if (!outcome) {
      const error = await this.#explain(failure, sql, interruption);
      // What keeps a GTID set is seen by the guard before anything is written.
      await this.#afterStatement(gtid, { succeeded: false }).catch(() => {});
      throw error;
    }
    await this.#report(outcome);
    await this.#afterStatement(gtid, { succeeded: true });
    if (outcome.tableErrors.length > 0) {
      throw new TargetError({
        code: 'STATEMENT_FAILED',
        message: outcome.tableErrors.join('; '),
        mayHaveSideEffects: true,
      });
    }
    return { rows: outcome.affectedRows ?? outcome.returnedRows, durationMs };
  }

  async writeLedger(row: LedgerRow): Promise<void> {
    await this.#record.writeLedger(row);
  }

  async writeRecord(ledger: LedgerRow, history: HistoryChange): Promise<void> {
    await this.#record.writeRecord(ledger, history);
  }

  async commit(): Promise<void> {
    await this.#guard.assertSound();
    if (this.#wire.lost) {
      throw this.#wire.lost;
    }
    // Says everything itself, so that completion_type has no say.
    await this.#wire.run('COMMIT AND NO CHAIN NO RELEASE').catch(error => {
      throw commitError(error);
    });
    this.#guard.ended();
    this.#record.committed();
  }

  async rollback(): Promise<void> {
    this.#guard.ended();
    this.#record.rolledBack();
    const outcome = await this.#wire
      .run('ROLLBACK AND NO CHAIN NO RELEASE')
      .catch(error => {
        throw ownError(error, 'ROLLBACK failed');
      });
    // Tells of tables that cannot roll back.
    await this.#report(outcome);
  }

  async cancel(): Promise<void> {
    await this.#running?.ask();
  }

  async close(): Promise<void> {
    if (this.#running) {
      this.#wire.destroy('it was closed while a statement ran');
      return;
    }
    if (!this.#wire.lost && !this.#guard.inTransaction) {
      // Sooner than the server notices the end; after an open transaction it must not be.
      const name = lockLiteral(this.#facts.schema);
      const timer = setTimeout(
        () => this.#wire.destroy('closing took too long'),
        CLOSE_TIMEOUT_MS,
      );
      await this.#wire.run(`DO RELEASE_LOCK(${name})`).catch(() => undefined);
      clearTimeout(timer);
    }
    await this.#wire.end(CLOSE_TIMEOUT_MS);
  }

  async #beforeStatement(sql: string): Promise<string | undefined> {
    const gtid = await this.#proofs?.begin(sql);
    await this.#guard.beforeStatement();
    return gtid;
  }

  async #afterStatement(
    gtid: string | undefined,
    options: { succeeded: boolean },
  ): Promise<void> {
    if (gtid) {
      await this.#proofs?.end(gtid, options);
    }
  }

  /** Once no KILL QUERY is on its way any more, one that came late is used up on nothing. */
  async #settle(interruption: Interruption): Promise<void> {
    await interruption.settle();
    if (interruption.wasSent && !this.#wire.lost) {
      await this.#wire.run('DO 0').catch(() => undefined);
    }
    this.#running = undefined;
  }

  async #explain(
    failure: unknown,
    sql: string,
    interruption: Interruption,
  ): Promise<TargetError> {
    const error = statementError(failure, {
      sql,
      flavour: this.#facts.flavour,
      inTransaction: this.#guard.inTransaction,
      wasAsked: interruption.wasAsked,
      timedOut: interruption.timedOut,
    });
    const interrupted = String(SERVER_ERROR.queryInterrupted);
    if (error.sqlState === interrupted && !interruption.wasSent) {
      // Somebody else did it; if it was KILL CONNECTION, the end comes with the next message.
      await this.#wire.run('DO 0').catch(() => undefined);
    }
    return this.#wire.lost ?? error;
  }

  #assertFits(sql: string): void {
    const bytes = Buffer.byteLength(sql, 'utf8');
    if (bytes + 8 > this.#facts.maxPacket) {
      throw new TargetError({
        code: 'STATEMENT_FAILED',
        message: `The statement has ${bytes} bytes, but the server takes no more than ${
          this.#facts.maxPacket
        } (max_allowed_packet); sending it would end the connection`,
      });
    }
  }

  async #report(outcome: StatementOutcome): Promise<void> {
    const { onNotice } = this.#options;
    if (!onNotice || outcome.warnings === 0) {
      return;
    }
    const rows = await this.#wire
      .rows(`SHOW WARNINGS LIMIT ${MAX_WARNINGS}`)
      .catch((): TextRow[] => []);
    for (const { Level, Code, Message } of rows) {
      onNotice({
        severity: (Level ?? 'warning').toLowerCase(),
        message: `${Message} (${Code})`,
      });
    }
    if (outcome.warnings > rows.length) {
      onNotice({
        severity: 'note',
        message: `${
          outcome.warnings - rows.length
        } more warnings are not shown`,
      });
    }
  }
}
