import { DatabaseError, escapeLiteral } from 'pg';
import { Transactional } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  ConnectOptions,
  StatementResult,
  TargetConnection,
  TargetError,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Classification, classify } from './classify';
import { connectionLost, isConnectionLoss, serverFailure } from './errors';
import { ServerFacts, STARTED_AT } from './server';
import { Splitter, Token } from './Splitter';
import { Wire } from './Wire';

/** The server's own limit comes first; this one holds where the script changed it. */
const GRACE_MS = 500;

const CONTROL_TIMEOUT_MS = 5_000;

/** Verbs of statements that change rows or rights and nothing else. */
const CHANGE_ROWS =
  /^(insert|update|delete|merge|truncate|comment|grant|revoke)$/;

/** What they define says whether they can be in a transaction. */
const DEFINE = /^(create|alter|drop)$/;

/** Invalid indexes, with the name that a person would drop them by. */
const INVALID_INDEXES = `SELECT coalesce(pg_catalog.json_object_agg(i.indexrelid, pg_catalog.format('%I.%I', n.nspname, c.relname)), '{}') AS invalid
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND c.relkind OPERATOR(pg_catalog.=) 'i'`;

const LOCK_TIMEOUT_OFF = `SELECT pg_catalog.set_config('migrate_hub.lock_timeout', pg_catalog.current_setting('lock_timeout'), false), pg_catalog.set_config('lock_timeout', '0', false)`;
const LOCK_TIMEOUT_BACK = `SELECT pg_catalog.set_config('lock_timeout', pg_catalog.current_setting('migrate_hub.lock_timeout'), false)`;

/** Runs the statements of a script: deadline, cancellation, what a failure left behind. */
export class StatementRunner {
  readonly #wire: Wire;
  readonly #facts: ServerFacts;
  readonly #connection: TargetConnection;
  readonly #statementTimeoutMs: number;
  #running = false;
  /** How many statements have ended that had others behind them in their group. */
  #passed = 0;
  /** A cancellation on its way to the server. */
  #asked: Promise<unknown> | undefined;
  #stoppedBy: 'person' | 'deadline' | undefined;

  private constructor(options: {
    wire: Wire;
    facts: ServerFacts;
    connection: TargetConnection;
    options: ConnectOptions;
  }) {
    this.#wire = options.wire;
    this.#facts = options.facts;
    this.#connection = options.connection;
    this.#statementTimeoutMs = options.options.statementTimeoutMs;
  }

  static create(options: {
    wire: Wire;
    facts: ServerFacts;
    connection: TargetConnection;
    options: ConnectOptions;
  }): StatementRunner {
    return new StatementRunner(options);
  }

  get username(): string {
    return this.#connection.username;
  }

  async run(
    sql: string,
    { inTransaction }: { inTransaction: boolean },
  ): Promise<StatementResult> {
    await this.settled();
    this.#stoppedBy = undefined;
    const { classification, head } = look(sql);
    const started = performance.now();
    const tag = classification.concurrently
      ? await this.#runConcurrently(sql, head)
      : await this.#runAlone(sql, { inTransaction, classification });
    return resultOf(tag, performance.now() - started);
  }

  /**
   * Runs statements of the open transaction, each as the one before is done,
   * without waiting for answers in between.
   *
   * @param statements - {@link mayBeSentTogether} holds for each
   */
  async runTogether(
    statements: string[],
    onDone: (result: StatementResult) => void,
  ): Promise<void> {
    await this.settled();
    this.#stoppedBy = undefined;
    await this.#send(statements, {
      inTransaction: true,
      transactional: 'yes',
      onTag: (tag, elapsedMs) => onDone(resultOf(tag, elapsedMs)),
    });
  }

  /** Asks for the running statement to be canceled, over a connection of its own. */
  async cancel(): Promise<void> {
    await this.#stop('person');
  }

  /** Resolves when no cancellation is on its way: it would hit what comes next. */
  async settled(): Promise<void> {
    await this.#asked;
  }

  wasCanceled(error: unknown): boolean {
    return (
      error instanceof DatabaseError &&
      error.code === '57014' &&
      this.#stoppedBy === 'person'
    );
  }

  /** @returns its tag, e.g. `INSERT 0 5`; empty for an empty statement */
  async #runAlone(
    sql: string,
    options: { inTransaction: boolean; classification: Classification },
  ): Promise<string> {
    let tag = '';
    await this.#send([sql], {
      inTransaction: options.inTransaction,
      transactional: options.classification.transactional,
      onTag: answered => {
        tag = answered;
      },
    });
    return tag;
  }

  async #send(
    statements: string[],
    options: {
      inTransaction: boolean;
      transactional: Transactional;
      onTag: (tag: string, elapsedMs: number) => void;
    },
  ): Promise<void> {
    let done = 0;
    let began = performance.now();
    const deadline = this.#statementTimeoutMs
      ? setTimeout(() => {
          this.#stop('deadline').catch(() => {});
        }, this.#statementTimeoutMs + GRACE_MS)
      : undefined;
    this.#running = true;
    try {
      await this.#wire.run(statements, tag => {
        const ended = performance.now();
        options.onTag(tag, ended - began);
        // The last one's commit is still to come, if it has one of its own.
        if (done === statements.length - 1) return;
        done += 1;
        this.#passed += 1;
        began = ended;
        deadline?.refresh();
      });
    } catch (error) {
      throw this.#failure(error, statements[done], {
        ...options,
        elapsedMs: performance.now() - began,
      });
    } finally {
      this.#running = false;
      clearTimeout(deadline);
    }
  }

  #failure(
    error: unknown,
    sql: string,
    options: {
      inTransaction: boolean;
      transactional: Transactional;
      elapsedMs: number;
    },
  ): TargetError {
    if (isConnectionLoss(error)) {
      return connectionLost(error);
    }
    const { transactional } = options;
    const code = (error as DatabaseError).code ?? '';
    // Not even begun: a syntax error, or refused in a transaction block.
    const notBegun = code === '42601' || code === '25001';
    const mayHaveSideEffects =
      !options.inTransaction && transactional !== 'yes' && !notBegun;
    if (code !== '57014') {
      return serverFailure(error, { sql, mayHaveSideEffects });
    }
    const late =
      this.#statementTimeoutMs > 0 &&
      options.elapsedMs >= this.#statementTimeoutMs - 20;
    if (this.#stoppedBy === 'person') {
      return serverFailure(error, {
        code: 'CANCELED',
        message: 'The statement was canceled',
        mayHaveSideEffects,
      });
    }
    return this.#stoppedBy === 'deadline' || late
      ? serverFailure(error, {
          code: 'STATEMENT_TIMEOUT',
          message: `The statement took longer than ${
            this.#statementTimeoutMs
          } ms and was stopped`,
          mayHaveSideEffects,
        })
      : serverFailure(error, { sql, mayHaveSideEffects });
  }

  /**
   * `CONCURRENTLY` waits for others in the midst of its work, where a lock
   * time-out would leave an invalid index behind; and it reports success over
   * one that was invalid before. So the indexes are compared.
   */
  async #runConcurrently(sql: string, head: Token[]): Promise<string> {
    const results = await this.#control(
      `${INVALID_INDEXES};\n${LOCK_TIMEOUT_OFF}`,
    );
    const before = results[0].rows[0].invalid as Record<string, string>;
    const outcome = await this.#runAlone(sql, {
      inTransaction: false,
      classification: classify(head),
    }).then(
      tag => ({ tag, error: undefined }),
      (error: TargetError) => ({ tag: '', error }),
    );
    if (outcome.error?.connectionLost) {
      throw outcome.error;
    }
    await this.settled();
    const after = await this.#control(
      `${INVALID_INDEXES};\n${LOCK_TIMEOUT_BACK}`,
    );
    const invalid = Object.entries(
      after[0].rows[0].invalid as Record<string, string>,
    );
    const left = invalid
      .filter(([oid]) => !(oid in before))
      .map(([, name]) => name);
    const { error, tag } = outcome;
    if (error) {
      throw withLeftovers(error, left);
    }
    const named = nameOfIndex(head);
    const hollow = invalid
      .map(([, name]) => name)
      .filter(name => left.includes(name) || unqualified(name) === named);
    if (hollow.length) {
      throw new TargetError({
        code: 'STATEMENT_FAILED',
        message: `The server reports success, but the index ${hollow.join(
          ', ',
        )} is invalid. Drop it and build it again`,
        mayHaveSideEffects: true,
      });
    }
    return tag;
  }

  async #control(sql: string) {
    try {
      return await this.#wire.ask(sql);
    } catch (error) {
      throw serverFailure(error);
    }
  }

  async #stop(by: 'person' | 'deadline'): Promise<void> {
    if (!this.#running) {
      return;
    }
    const asked = this.#askServer(by);
    // A deadline and a person may both have asked.
    const settled = Promise.allSettled([this.#asked, asked]);
    this.#asked = settled;
    try {
      await asked;
    } finally {
      if (this.#asked === settled) {
        this.#asked = undefined;
      }
    }
  }

  async #askServer(by: 'person' | 'deadline'): Promise<void> {
    const passed = this.#passed;
    const { pid, startedAt } = this.#facts.backend;
    const control = await Wire.open(this.#connection, {
      tag: 'migrate-hub cancel',
      timeoutMs: CONTROL_TIMEOUT_MS,
    });
    try {
      // What was late is through meanwhile; the one behind it has a time of its own.
      const isLate = by === 'person' || passed === this.#passed;
      if (!this.#running || !isLate) {
        return;
      }
      this.#stoppedBy = by;
      await control.ask(`SELECT pg_catalog.pg_cancel_backend(pid)
FROM pg_catalog.pg_stat_activity
WHERE pid = ${Number(pid)} AND ${STARTED_AT} = ${escapeLiteral(startedAt)}`);
    } catch (error) {
      throw serverFailure(error);
    } finally {
      await control.close();
    }
  }
}

/**
 * What reads otherwise if a statement before it has changed a setting, by a
 * function or a trigger: `standard_conforming_strings` is about backslashes,
 * `client_encoding` about what is not ASCII. The server tells of such a change
 * only at the end of a group.
 */
const READ_BY_SETTINGS = /[\\\u0080-\uffff]/;

/**
 * Whether a statement may leave before the ones in front of it are answered: it
 * cannot end the transaction or wait for more of its client, and is read the same
 * whatever the ones in front of it have set.
 */
export function mayBeSentTogether(sql: string): boolean {
  if (READ_BY_SETTINGS.test(sql)) return false;
  const [verb] = Splitter.create(sql).firstTokens(1);
  if (verb?.kind !== 'word') return false;
  return (
    CHANGE_ROWS.test(verb.text) ||
    (DEFINE.test(verb.text) && look(sql).classification.transactional === 'yes')
  );
}

function resultOf(tag: string, elapsedMs: number): StatementResult {
  const rows = /^[A-Z ]+(?: \d+)? (\d+)$/.exec(tag)?.[1];
  return {
    durationMs: Math.round(elapsedMs * 10) / 10,
    ...(rows === undefined ? {} : { rows: Number(rows) }),
  };
}

function look(sql: string): { classification: Classification; head: Token[] } {
  const head = Splitter.create(sql).firstTokens();
  return { classification: classify(head), head };
}

/** The name after CREATE INDEX CONCURRENTLY IF NOT EXISTS, which stays silent over an invalid index. */
function nameOfIndex(head: Token[]): string | undefined {
  const exists = head.findIndex(({ text }) => text === 'exists');
  return head[0]?.text === 'create' && exists > 0
    ? head[exists + 1]?.text
    : undefined;
}

function unqualified(name: string): string {
  const part = /(?:"((?:[^"]|"")*)"|([^."]+))$/.exec(name);
  return part?.[1]?.replaceAll('""', '"') ?? part?.[2] ?? name;
}

function withLeftovers(error: TargetError, left: string[]): TargetError {
  if (!left.length) {
    return error;
  }
  return new TargetError({
    code: error.code,
    message: `${error.message}. It left the invalid index ${left.join(
      ', ',
    )} behind: drop it before running this again`,
    sqlState: error.sqlState,
    detail: error.detail,
    position: error.position,
    mayHaveSideEffects: true,
  });
}
