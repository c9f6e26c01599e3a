import { randomBytes } from 'crypto';
import {
  ConnectOptions,
  LedgerRow,
  TargetConnection,
  TargetError,
  TargetSession,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import {
  TestDatabase,
  TestServer,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { MySqlDriver } from '../MySqlDriver';
import { createTestDatabase } from './createTestDatabase';

const HASH = 'a'.repeat(64);

/** A fresh database a test, and what was made beside it, all gone afterwards. */
export class TestContext {
  readonly server: TestServer;
  readonly driver = MySqlDriver.create();
  readonly #sessions: TargetSession[] = [];
  readonly #cleanUp: string[] = [];
  #database: TestDatabase | undefined;

  constructor(server: TestServer) {
    this.server = server;
    beforeEach(async () => {
      this.#database = await createTestDatabase(server);
      await this.#database.query(
        'CREATE TABLE widgets (id int primary key, name varchar(100))',
      );
    });
    afterEach(async () => this.#tearDown());
  }

  get database(): TestDatabase {
    if (!this.#database) {
      throw new Error('The database of this test was not made');
    }
    return this.#database;
  }

  /** A session that holds the lock. */
  async open(
    options: Partial<ConnectOptions> = {},
    connection: Partial<TargetConnection> = {},
  ): Promise<TargetSession> {
    const session = await this.driver.connect(
      { ...this.database.connection, ...connection },
      {
        tag: 'migrate-hub test 1',
        lockTimeoutMs: 1_000,
        statementTimeoutMs: 0,
        connectTimeoutMs: 5_000,
        ...options,
      },
    );
    this.#sessions.push(session);
    await session.acquireLock({ timeoutMs: 5_000 });
    return session;
  }

  /** An account that may do only what it is granted. */
  async account(
    grants: string,
  ): Promise<{ username: string; password: string }> {
    const username = `mh_${randomBytes(5).toString('hex')}`;
    const password = randomBytes(12).toString('base64url');
    await this.database.query(
      `CREATE USER ${username}@'%' IDENTIFIED BY '${password}'`,
    );
    this.#cleanUp.push(`DROP USER ${username}@'%'`);
    await this.database.query(
      `GRANT ${grants} ON ${this.database.connection.database}.* TO ${username}@'%'`,
    );
    return { username, password };
  }

  async role(): Promise<string> {
    const role = `mh_role_${randomBytes(4).toString('hex')}`;
    await this.database.query(`CREATE ROLE ${role}`);
    this.#cleanUp.push(`DROP ROLE ${role}`);
    return role;
  }

  async #tearDown(): Promise<void> {
    for (const session of this.#sessions.splice(0)) {
      await session.close();
    }
    for (const sql of this.#cleanUp.splice(0).reverse()) {
      await this.database.query(sql);
    }
    await this.database.drop();
  }
}

export function ledgerRow(fields: Partial<LedgerRow> = {}): LedgerRow {
  return {
    runItemId: 'item-1',
    direction: 'up',
    migrationKey: 'add-widgets',
    runId: 'run-1',
    planHash: HASH,
    attempt: 1,
    position: 0,
    state: 'running',
    serverId: 'server/database',
    ...fields,
  };
}

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
