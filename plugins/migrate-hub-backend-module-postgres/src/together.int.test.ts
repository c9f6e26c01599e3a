import {
  StatementResult,
  TargetError,
  TargetSession,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import {
  TestDatabase,
  testServer,
  waitUntil,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { PostgresDriver } from './PostgresDriver';
import { createTestDatabase } from './testing/createTestDatabase';

const server = testServer('postgres');
const suite = server ? describe : describe.skip;

/** One row for each statement that took effect, and a count that no rollback takes back. */
const TRACES = 'INSERT INTO traces (step) VALUES (nextval($$steps$$))';

/** Keeps this process from doing anything else, timers first when it may go on. */
function holdUp(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

suite('Statements that leave together on PostgreSQL', () => {
  const driver = PostgresDriver.create();
  let database: TestDatabase;
  let session: TargetSession | undefined;

  beforeEach(async () => {
    if (!server) throw new Error('PostgreSQL is skipped');
    database = await createTestDatabase(server);
    await database.query('CREATE SEQUENCE steps');
    await database.query('CREATE TABLE traces (step int, slow text)');
  });

  afterEach(async () => {
    await session?.close();
    session = undefined;
    await database.drop();
  });

  /** Runs them in a transaction of its own; it is left open. */
  async function together(
    statements: string[],
    { statementTimeoutMs = 0 }: { statementTimeoutMs?: number } = {},
  ): Promise<{ results: StatementResult[]; error?: TargetError }> {
    session = await driver.connect(database.connection, {
      tag: 'migrate-hub item 1',
      lockTimeoutMs: 5_000,
      statementTimeoutMs,
      connectTimeoutMs: 5_000,
    });
    await session.acquireLock({ timeoutMs: 5_000 });
    await session.prepareTables();
    await session.begin();
    const results: StatementResult[] = [];
    const error = await session.together
      ?.execute(statements, result => results.push(result))
      .then(
        () => undefined,
        (failure: TargetError) => failure,
      );
    return { results, ...(error && { error }) };
  }

  const steps = async () =>
    (
      await database.query(
        'SELECT CASE WHEN is_called THEN last_value::int ELSE 0 END AS taken FROM steps',
      )
    )[0].taken;

  it('tells of each in order', async () => {
    const { results, error } = await together([
      'CREATE TABLE more (id int)',
      'INSERT INTO more SELECT generate_series(1, 3)',
      'UPDATE more SET id = id + 1 WHERE id > 1',
      'DELETE FROM more WHERE id = 1',
    ]);
    expect(error).toBeUndefined();
    expect(results.map(({ rows }) => rows)).toEqual([undefined, 3, 2, 1]);
    await session?.commit();
    expect(await database.query('SELECT id FROM more ORDER BY id')).toEqual([
      { id: 3 },
      { id: 4 },
    ]);
  });

  /** The hub was busy, and hears of what has ended only after the time was over. */
  it('gives the one at work its time where the hub was late to hear of those before it', async () => {
    const work = together(
      Array.from(
        { length: 12 },
        () => 'INSERT INTO traces (slow) SELECT pg_sleep(0.2)::text',
      ),
      { statementTimeoutMs: 1_000 },
    );
    await waitUntil('the first are through', async () => {
      const rows = await database.query(
        "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()",
      );
      return rows.length === 1;
    });
    await new Promise(resolve => setImmediate(resolve));
    holdUp(1_700);
    const { results, error } = await work;
    expect(error).toBeUndefined();
    expect(results).toHaveLength(12);
  });

  it('runs nothing behind a statement that failed, and says where that was', async () => {
    const { results, error } = await together([
      TRACES,
      TRACES,
      "INSERT INTO traces (step) VALUES (1), ('x'::int)",
      TRACES,
      TRACES,
    ]);
    expect(results).toHaveLength(2);
    expect(error).toMatchObject({
      code: 'STATEMENT_FAILED',
      sqlState: '22P02',
      position: 39,
      mayHaveSideEffects: false,
    });
    expect(await steps()).toBe(2);
    await session?.rollback();
    expect(await database.query('SELECT step FROM traces')).toEqual([]);
  });

  it('gives each the time that one may take', async () => {
    const nap = (seconds: number) =>
      `INSERT INTO traces (slow) SELECT pg_sleep(${seconds})::text`;
    const { results, error } = await together(
      [nap(0.9), nap(0.9), nap(0.9), nap(30), TRACES],
      { statementTimeoutMs: 2_000 },
    );
    expect(error).toMatchObject({ code: 'STATEMENT_TIMEOUT' });
    expect(results).toHaveLength(3);
    expect(results[1].durationMs).toBeGreaterThanOrEqual(800);
    expect(await steps()).toBe(0);
  });

  it('stops one where the script has switched the server’s own limit off', async () => {
    await database.query(
      "CREATE FUNCTION no_limit() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('statement_timeout', '0', true); RETURN 1; END $$",
    );
    const { results, error } = await together(
      [
        'INSERT INTO traces (step) SELECT no_limit()',
        'INSERT INTO traces (slow) SELECT pg_sleep(30)::text',
        TRACES,
      ],
      { statementTimeoutMs: 300 },
    );
    expect(error).toMatchObject({ code: 'STATEMENT_TIMEOUT' });
    expect(results).toHaveLength(1);
    expect(await steps()).toBe(0);
  });

  /** Three, of which the second does not end by itself. */
  async function stuckTogether() {
    const work = together([
      TRACES,
      'INSERT INTO traces (slow) SELECT pg_sleep(30)::text',
      TRACES,
    ]);
    await waitUntil('the second is at work', async () => {
      const rows = await database.query(
        "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()",
      );
      return rows.length === 1;
    });
    return { work };
  }

  it('is canceled as a whole', async () => {
    const { work } = await stuckTogether();
    await session?.cancel();
    const { results, error } = await work;
    expect(error).toMatchObject({ code: 'CANCELED' });
    expect(results).toHaveLength(1);
    expect(await steps()).toBe(1);
  });

  it('leaves nothing where the session ends in the middle', async () => {
    const { work } = await stuckTogether();
    await database.killSession(session?.backend.pid ?? '');
    const { results, error } = await work;
    expect(error).toMatchObject({
      code: 'CONNECTION_LOST',
      commitInDoubt: false,
    });
    expect(results).toHaveLength(1);
    expect(await steps()).toBe(1);
    expect(await database.query('SELECT step FROM traces')).toEqual([]);
  });

  it('is not committed where one of them changed how the next is read', async () => {
    await database.query(
      "CREATE FUNCTION misread() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('standard_conforming_strings', 'off', true); RETURN 1; END $$",
    );
    const { error } = await together([
      'INSERT INTO traces (step) SELECT misread()',
      TRACES,
    ]);
    expect(error).toBeUndefined();
    await expect(session?.execute(TRACES)).rejects.toMatchObject({
      code: 'SESSION_DAMAGED',
    });
    await expect(session?.commit()).rejects.toMatchObject({
      code: 'SESSION_DAMAGED',
    });
  });
});
