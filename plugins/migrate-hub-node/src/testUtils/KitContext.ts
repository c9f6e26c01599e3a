import { createHash, randomUUID } from 'crypto';
import {
  ConnectOptions,
  HistoryChange,
  HistoryRow,
  LedgerRow,
  TargetConnection,
  TargetDriver,
  TargetSession,
} from '../TargetDriver';
import { TargetError } from '../TargetError';
import { DriverConformanceOptions, DriverSamples, TestDatabase } from './types';
import { TestServer } from './testServer';

/** Jest's `describe` and `it`, by names of our own: the stories stand outside of test files. */
export interface Teller {
  chapter: jest.Describe;
  story: jest.It;
}

/** What every story needs: a fresh database a test, sessions that are closed afterwards. */
export class KitContext {
  readonly #options: DriverConformanceOptions;
  readonly #sessions: TargetSession[] = [];
  #database: TestDatabase | undefined;
  readonly driver: TargetDriver;

  constructor(options: DriverConformanceOptions) {
    this.#options = options;
    this.driver = options.createDriver();
  }

  get samples(): DriverSamples {
    return this.#options.samples;
  }

  get server(): TestServer {
    const { server } = this.#options;
    if (!server) {
      throw new Error(`${this.#options.name} is skipped on this machine`);
    }
    return server;
  }

  get database(): TestDatabase {
    if (!this.#database) {
      throw new Error('The database of this test was not made');
    }
    return this.#database;
  }

  async createDatabase(): Promise<TestDatabase> {
    return this.#options.createDatabase();
  }

  async setUp(): Promise<void> {
    this.#database = await this.createDatabase();
    await this.#database.query(
      'CREATE TABLE widgets (id int primary key, name varchar(100))',
    );
  }

  async tearDown(): Promise<void> {
    for (const session of this.#sessions.splice(0)) {
      await session.close();
    }
    await this.#database?.drop();
    this.#database = undefined;
  }

  async connect(
    options: Partial<ConnectOptions> & {
      connection?: Partial<TargetConnection>;
    } = {},
  ): Promise<TargetSession> {
    const { connection, ...rest } = options;
    const session = await this.driver.connect(
      { ...this.database.connection, ...connection },
      {
        tag: 'migrate-hub conformance 1',
        lockTimeoutMs: 5_000,
        statementTimeoutMs: 0,
        connectTimeoutMs: 5_000,
        ...rest,
      },
    );
    this.#sessions.push(session);
    return session;
  }

  /** A session as the executor has it before the first statement. */
  async open(
    options: Parameters<KitContext['connect']>[0] = {},
  ): Promise<TargetSession> {
    const session = await this.connect(options);
    await session.acquireLock({ timeoutMs: 5_000 });
    await session.prepareTables();
    return session;
  }

  async widgets(): Promise<number[]> {
    const rows = await this.database.query(
      'SELECT id FROM widgets ORDER BY id',
    );
    return rows.map(row => Number(row.id));
  }

  async historyKeys(): Promise<string[]> {
    const rows = await this.database.query(
      'SELECT migration_key FROM migrations ORDER BY migration_key',
    );
    return rows.map(row => String(row.migration_key));
  }

  async ledgerStates(): Promise<string[]> {
    const rows = await this.database.query(
      'SELECT state FROM migrations_ledger ORDER BY state',
    );
    return rows.map(row => String(row.state));
  }
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function ledgerRow(
  session: TargetSession,
  fields: Partial<LedgerRow> = {},
): LedgerRow {
  return {
    runItemId: randomUUID(),
    direction: 'up',
    migrationKey: 'add-widgets',
    runId: randomUUID(),
    planHash: sha256('plan'),
    attempt: 1,
    position: 0,
    state: 'running',
    serverId: session.identity.id,
    ...fields,
  };
}

export function historyRow(fields: Partial<HistoryRow> = {}): HistoryRow {
  return {
    migrationKey: 'add-widgets',
    checksumUp: sha256('up'),
    checksumDown: sha256('down'),
    appliedBy: 'user@example.com',
    toolRunId: randomUUID(),
    ...fields,
  };
}

/** Changes the history in a transaction of its own; nothing if that fails. */
export async function changeHistory(
  session: TargetSession,
  change: HistoryChange,
): Promise<void> {
  await session.begin();
  try {
    const row = ledgerRow(session, { state: 'finished' });
    await session.writeRecord(row, change);
  } catch (error) {
    await session.rollback();
    throw error;
  }
  await session.commit();
}

/** The TargetError of a promise that must fail with one. */
export async function failureOf(
  promise: Promise<unknown>,
): Promise<TargetError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(TargetError);
  return outcome as TargetError;
}
