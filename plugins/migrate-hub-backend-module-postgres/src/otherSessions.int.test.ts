import {
  TargetError,
  TargetSession,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import {
  TestDatabase,
  testServer,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { PostgresDriver } from './PostgresDriver';
import { createTestDatabase } from './testing/createTestDatabase';

const server = testServer('postgres');
const suite = server ? describe : describe.skip;

async function failureOf(promise: Promise<unknown>): Promise<TargetError> {
  return promise.then(
    () => {
      throw new Error('It should have failed');
    },
    (error: TargetError) => error,
  );
}

suite('A session among others on PostgreSQL', () => {
  const driver = PostgresDriver.create();
  let database: TestDatabase;
  const sessions: TargetSession[] = [];

  beforeEach(async () => {
    if (!server) {
      throw new Error('PostgreSQL is skipped');
    }
    database = await createTestDatabase(server);
  });

  afterEach(async () => {
    for (const session of sessions.splice(0)) {
      await session.close();
    }
    await database.drop();
  });

  it('leaves a session alone that its account may not see, and says so', async () => {
    if (!server) {
      throw new Error('PostgreSQL is skipped');
    }
    const { username, password } = server;
    const theirs = await driver.connect(
      { ...database.connection, username, password },
      {
        tag: 'of another account',
        lockTimeoutMs: 1_000,
        statementTimeoutMs: 0,
        connectTimeoutMs: 5_000,
      },
    );
    sessions.push(theirs);
    await theirs.acquireLock({ timeoutMs: 5_000 });
    const ours = await driver.connect(database.connection, {
      tag: 'migrate-hub item 2',
      lockTimeoutMs: 1_000,
      statementTimeoutMs: 0,
      connectTimeoutMs: 5_000,
    });
    sessions.push(ours);
    const error = await failureOf(
      ours.acquireLock({ timeoutMs: 300, predecessor: theirs.backend }),
    );
    expect(error).toMatchObject({ code: 'LOCK_TIMEOUT' });
    expect(error.message).toContain(`session ${theirs.backend.pid}`);
    expect(error.message).toContain('may not see');
    expect(await database.isAlive(theirs.backend.pid)).toBe(true);
  });

  it('passes on a million notices and keeps none', async () => {
    const notices = { count: 0 };
    const session = await driver.connect(database.connection, {
      tag: 'migrate-hub item 1',
      lockTimeoutMs: 1_000,
      statementTimeoutMs: 0,
      connectTimeoutMs: 5_000,
      onNotice: () => {
        notices.count += 1;
      },
    });
    sessions.push(session);
    const before = process.memoryUsage().rss;
    await session.execute(
      "DO $$ BEGIN FOR i IN 1..1000000 LOOP RAISE NOTICE 'row %', i; END LOOP; END $$",
    );
    expect(notices.count).toBe(1_000_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(250_000_000);
  }, 120_000);
});
