import {
  TargetConnection,
  TargetError,
  TargetSession,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import {
  TcpProxy,
  TestDatabase,
  testServer,
  waitUntil,
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

suite('A session on PostgreSQL', () => {
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

  async function open(
    connection: Partial<TargetConnection> = {},
    options: { statementTimeoutMs?: number; notices?: string[] } = {},
  ): Promise<TargetSession> {
    const session = await driver.connect(
      { ...database.connection, ...connection },
      {
        tag: 'migrate-hub item 1',
        lockTimeoutMs: 1_000,
        statementTimeoutMs: options.statementTimeoutMs ?? 0,
        connectTimeoutMs: 5_000,
        onNotice: ({ message }) => options.notices?.push(message),
      },
    );
    sessions.push(session);
    await session.acquireLock({ timeoutMs: 5_000 });
    await session.prepareTables();
    return session;
  }

  const ledger = (session: TargetSession, position: number) => ({
    runItemId: 'item',
    direction: 'up' as const,
    migrationKey: 'key',
    runId: 'run',
    planHash: 'plan',
    attempt: 1,
    position,
    state: 'running' as const,
    serverId: session.identity.id,
  });

  it('writes as the account that connected and gives the script its own role and path back', async () => {
    const { username } = database.connection;
    await database.query('CREATE SCHEMA app');
    await database.query('CREATE TABLE app.widgets (id int)');
    const session = await open({}, {});
    await session.execute('SET search_path = app');
    await session.execute(`SET ROLE ${username}`);
    await session.writeLedger(ledger(session, 1));
    await session.begin();
    await session.execute('INSERT INTO widgets VALUES (1)');
    await session.execute('SET LOCAL search_path = pg_temp');
    await session.writeLedger(ledger(session, 2));
    await session.execute('CREATE TEMPORARY TABLE here (id int)');
    await session.execute('INSERT INTO here VALUES (1)');
    await session.writeLedger(ledger(session, 3));
    await session.commit();
    await session.execute('INSERT INTO widgets VALUES (2)');
    expect(await database.query('SELECT id FROM app.widgets')).toEqual([
      { id: 1 },
      { id: 2 },
    ]);
    expect(
      await database.query('SELECT position FROM migrations_ledger'),
    ).toEqual([{ position: 3 }]);
  });

  it('does not write as a role that the script took on', async () => {
    const { username } = database.connection;
    const other = `${username}_other`;
    await database.query('RESET ROLE');
    await database.query(`CREATE ROLE ${other}`);
    await database.query(`GRANT ${other} TO ${username}`);
    await database.query('CREATE SCHEMA app');
    await database.query(`GRANT ALL ON SCHEMA app TO ${other}`);
    try {
      const session = await open();
      await session.begin();
      await session.execute(`SET ROLE ${other}`);
      await session.execute('CREATE TABLE app.first (id int)');
      await session.writeLedger(ledger(session, 1));
      await session.execute('CREATE TABLE app.second (id int)');
      await session.commit();
      await session.writeLedger(ledger(session, 2));
      await session.execute('CREATE TABLE app.third (id int)');
      expect(
        await database.query(
          "SELECT tablename, tableowner FROM pg_tables WHERE schemaname = 'app' ORDER BY 1",
        ),
      ).toEqual(
        ['first', 'second', 'third'].map(tablename => ({
          tablename,
          tableowner: other,
        })),
      );
      await session.close();
    } finally {
      await database.query(`DROP OWNED BY ${other}`);
      await database.query(`DROP ROLE ${other}`);
    }
  });

  it('writes nothing between two statements once the script freed the lock', async () => {
    const session = await open();
    await session.writeLedger(ledger(session, 1));
    await session.execute('SELECT pg_advisory_unlock_all()');
    const error = await failureOf(session.writeLedger(ledger(session, 2)));
    expect(error.code).toBe('SESSION_DAMAGED');
    const again = await failureOf(session.begin());
    expect(again.code).toBe('SESSION_DAMAGED');
    expect(
      await database.query('SELECT position FROM migrations_ledger'),
    ).toEqual([{ position: 1 }]);
  });

  it('runs deferred triggers at COMMIT under the search path of the script', async () => {
    await database.query('CREATE SCHEMA app');
    await database.query('CREATE TABLE app.widgets (id int)');
    await database.query('CREATE TABLE app.seen (id int)');
    await database.query(
      `CREATE FUNCTION app.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO seen VALUES (NEW.id); RETURN NEW; END'`,
    );
    await database.query(
      'CREATE CONSTRAINT TRIGGER note AFTER INSERT ON app.widgets DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.note()',
    );
    const session = await open();
    await session.begin();
    await session.execute('SET search_path = app');
    await session.execute('INSERT INTO widgets VALUES (7)');
    await session.writeLedger(ledger(session, 1));
    await session.commit();
    expect(await database.query('SELECT id FROM app.seen')).toEqual([
      { id: 7 },
    ]);
  });

  it('says so when the server refuses the COMMIT', async () => {
    await database.query(
      'CREATE TABLE pairs (id int PRIMARY KEY, other int REFERENCES pairs DEFERRABLE INITIALLY DEFERRED)',
    );
    const session = await open();
    await session.begin();
    await session.execute('INSERT INTO pairs VALUES (1, 2)');
    await session.writeLedger(ledger(session, 1));
    const error = await failureOf(session.commit());
    expect(error).toMatchObject({
      code: 'COMMIT_REFUSED',
      sqlState: '23503',
      commitInDoubt: false,
    });
    expect(await database.query('SELECT * FROM migrations_ledger')).toEqual([]);
  });

  it('names the invalid index that a failed concurrent build left, and does not believe IF NOT EXISTS', async () => {
    await database.query('CREATE TABLE widgets (id int)');
    await database.query('INSERT INTO widgets VALUES (1), (1)');
    const session = await open();
    const build =
      'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS once ON widgets (id)';
    const first = await failureOf(session.execute(build));
    expect(first).toMatchObject({
      code: 'STATEMENT_FAILED',
      sqlState: '23505',
      mayHaveSideEffects: true,
    });
    expect(first.message).toContain('public.once');
    const second = await failureOf(session.execute(build));
    expect(second).toMatchObject({
      code: 'STATEMENT_FAILED',
      mayHaveSideEffects: true,
    });
    expect(second.message).toContain('public.once');
    await session.execute('DROP INDEX CONCURRENTLY once');
    await session.execute('DELETE FROM widgets');
    await session.execute(build);
  });

  it('lets an index be built while another run waits for the lock, and waits longer than lock_timeout', async () => {
    await database.query('CREATE TABLE widgets (id int)');
    const session = await open();
    const waiting = await driver.connect(database.connection, {
      tag: 'second',
      lockTimeoutMs: 1_000,
      statementTimeoutMs: 0,
      connectTimeoutMs: 5_000,
    });
    sessions.push(waiting);
    const controller = new AbortController();
    const acquired = failureOf(
      waiting.acquireLock({ timeoutMs: 20_000, signal: controller.signal }),
    );
    await database.query('BEGIN');
    await database.query('INSERT INTO widgets VALUES (1)');
    const built = session.execute(
      'CREATE INDEX CONCURRENTLY slowly ON widgets (id)',
    );
    const blockedFor = async (seconds: number) =>
      (
        await database.query(
          `SELECT FROM pg_stat_activity WHERE pid = ${session.backend.pid} AND wait_event_type = 'Lock' AND clock_timestamp() - query_start > interval '${seconds} s'`,
        )
      ).length === 1;
    await waitUntil('it waits for the writer', () => blockedFor(1.3));
    await database.query('COMMIT');
    await built;
    controller.abort();
    expect((await acquired).code).toBe('CANCELED');
    // What the script had set is in force again.
    await session.execute(
      `DO $$ BEGIN ASSERT current_setting('lock_timeout') = '1s'; END $$`,
    );
  });

  it('holds its deadline against a script that switches the time-out off', async () => {
    const session = await open({}, { statementTimeoutMs: 300 });
    await session.execute('SET statement_timeout = 0');
    const error = await failureOf(session.execute('SELECT pg_sleep(30)'));
    expect(error.code).toBe('STATEMENT_TIMEOUT');
    await session.writeLedger(ledger(session, 1));
  });

  it('counts rows and passes notices on without keeping them', async () => {
    const notices: string[] = [];
    const session = await open({}, { notices });
    await expect(
      session.execute(
        "SELECT repeat('x', 1000) FROM generate_series(1, 100000)",
      ),
    ).resolves.toMatchObject({ rows: 100_000 });
    await session.execute(
      `DO $$ BEGIN FOR i IN 1..5000 LOOP RAISE NOTICE 'line %', i; END LOOP; END $$`,
    );
    expect(notices).toHaveLength(5_000);
    expect(notices.at(-1)).toBe('line 5000');
    const { rows } = await session.execute('CREATE TABLE a (id int)');
    expect(rows).toBeUndefined();
  });

  it('keeps row values out of the message of an error', async () => {
    await database.query('CREATE TABLE widgets (id int PRIMARY KEY)');
    await database.query('INSERT INTO widgets VALUES (4711)');
    const session = await open();
    const error = await failureOf(
      session.execute('INSERT INTO widgets VALUES (4711)'),
    );
    expect(error.message).not.toContain('4711');
    expect(error.detail).toContain('4711');
  });

  it('points at the place of an error, also behind letters beyond ASCII', async () => {
    const session = await open();
    const sql = "SELECT '😀ü', nowhere";
    const error = await failureOf(session.execute(sql));
    expect(sql.slice(error.position)).toBe('nowhere');
  });

  it('notices a pooler, refuses its lock, and leaves no setting behind in it', async () => {
    const { host, port } = database.connection;
    // Greets with another process number than the server's, as every pooler does.
    const pooler = await TcpProxy.create(
      { host, port },
      {
        rewriteReply: chunk => {
          const key = chunk.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]));
          if (key >= 0) {
            chunk.writeInt32BE(123_456_789, key + 5);
          }
          return chunk;
        },
      },
    );
    try {
      const behind = {
        ...database.connection,
        host: '127.0.0.1',
        port: pooler.port,
      };
      const result = await driver.test(behind, { timeoutMs: 10_000 });
      expect(
        result.checks.filter(({ ok }) => !ok).map(({ name }) => name),
      ).toEqual(['pooler']);
      const error = await failureOf(
        open({ host: '127.0.0.1', port: pooler.port }),
      );
      expect(error.code).toBe('LOCK_UNSUPPORTED');
      const [session] = sessions;
      await session.execute(
        `DO $$ BEGIN ASSERT current_setting('lock_timeout') = '0'; END $$`,
      );
    } finally {
      await pooler.close();
    }
  });

  it('asks for rights that are missing before anything runs', async () => {
    const { username } = database.connection;
    await database.query('RESET ROLE');
    await database.query(`REVOKE ALL ON SCHEMA public FROM PUBLIC`);
    await database.query('ALTER SCHEMA public OWNER TO postgres');
    await database.query(`GRANT USAGE ON SCHEMA public TO ${username}`);
    const result = await driver.test(database.connection, {
      timeoutMs: 10_000,
    });
    const failed = result.checks.filter(({ ok }) => !ok);
    expect(failed).toEqual([
      {
        name: 'privileges',
        ok: false,
        message: expect.stringContaining('GRANT CREATE'),
      },
    ]);
    expect((await failureOf(open())).code).toBe('HISTORY_TABLE_DENIED');
  });

  it('takes the address for the identity where the server keeps its own to itself', async () => {
    await database.query('RESET ROLE');
    await database.query(
      'REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC',
    );
    const result = await driver.test(database.connection, {
      timeoutMs: 10_000,
    });
    expect(result.ok).toBe(true);
    expect(result.identity?.id).toMatch(/^address:/);
    expect(
      result.checks.find(({ name }) => name === 'identity')?.message,
    ).toContain('pg_control_system');
  });

  it('lets an older attempt write nothing over a newer one', async () => {
    const session = await open();
    await session.writeLedger({ ...ledger(session, 2), attempt: 2 });
    const error = await failureOf(session.writeLedger(ledger(session, 1)));
    expect(error.code).toBe('HISTORY_CHANGED');
    expect(
      await database.query('SELECT attempt, position FROM migrations_ledger'),
    ).toEqual([{ attempt: 2, position: 2 }]);
  });

  it('keeps its tables in the schema it is told to', async () => {
    await database.query('CREATE SCHEMA "Odd ""Name"""');
    const session = await open({
      historySchema: 'Odd "Name"',
      historyTable: 'Hist',
    });
    await session.writeLedger(ledger(session, 1));
    expect(
      await database.query('SELECT position FROM "Odd ""Name"""."Hist_ledger"'),
    ).toEqual([{ position: 1 }]);
    await session.close();
    const missing = await failureOf(open({ historySchema: 'nowhere' }));
    expect(missing.code).toBe('HISTORY_TABLE_DENIED');
    expect(missing.message).toContain('historySchema');
  });
});
