import { createHash } from 'crypto';
import {
  LedgerRow,
  TargetSession,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import {
  TcpProxy,
  testServer,
  waitUntil,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { failureOf, ledgerRow, TestContext } from './testing/TestContext';

const ADD = 'ALTER TABLE widgets ADD COLUMN colour int';
const ASK = {
  migrationKey: 'add-widgets',
  runItemId: 'item-1',
  direction: 'up',
} as const;

const server = testServer('mysql');
const suite = server ? describe : describe.skip;

suite('The outcome of a statement on MySQL', () => {
  if (!server) {
    return;
  }
  const context = new TestContext(server);

  function started(
    session: TargetSession,
    sql: string,
    fields: Partial<LedgerRow> = {},
  ): LedgerRow {
    return ledgerRow({
      state: 'started',
      statementSha256: createHash('sha256').update(sql).digest('hex'),
      serverId: session.identity.id,
      ...fields,
    });
  }

  async function announce(session: TargetSession, sql: string): Promise<void> {
    await session.prepareTables();
    await session.writeLedger(started(session, sql));
  }

  /** What a new session finds out, as the executor asks after a crash. */
  async function verdict(): Promise<string | undefined> {
    const session = await context.open();
    const { own } = await session.readRecord(ASK);
    return own && session.proveOutcome?.(own);
  }

  async function columns(): Promise<string[]> {
    const rows = await context.database.query('SHOW COLUMNS FROM widgets');
    return rows.map(({ Field }) => String(Field));
  }

  it.each([
    ['drop-reply', 'applied', ['id', 'name', 'colour']],
    ['drop-request', 'not_applied', ['id', 'name']],
  ] as const)(
    'is proved after the connection was lost (%s)',
    async (kind, expected, found) => {
      const { host, port } = context.database.connection;
      const proxy = await TcpProxy.create({ host, port });
      try {
        const session = await context.open(
          {},
          { host: '127.0.0.1', port: proxy.port },
        );
        await announce(session, ADD);
        proxy.breakAt('ADD COLUMN', kind);
        const error = await failureOf(session.execute(ADD));
        expect(error.connectionLost).toBe(true);
        expect(proxy.triggered).toBe(1);
        expect(await verdict()).toBe(expected);
        expect(await columns()).toEqual(found);
      } finally {
        await proxy.close();
      }
    },
  );

  it('is proved after the session was killed in the midst of it', async () => {
    const blocker = await context.driver.connect(context.database.connection, {
      tag: 'blocker',
      lockTimeoutMs: 0,
      statementTimeoutMs: 0,
      connectTimeoutMs: 5_000,
    });
    const session = await context.open({ lockTimeoutMs: 60_000 });
    await announce(session, ADD);
    try {
      await blocker.begin();
      await blocker.execute('SELECT * FROM widgets');
      const failure = failureOf(session.execute(ADD));
      await waitUntil('the statement waits for the table', async () => {
        const sessions = await context.database.query('SHOW PROCESSLIST');
        return sessions.some(
          ({ Id, State }) =>
            String(Id) === session.backend.pid &&
            /metadata lock/.test(String(State)),
        );
      });
      await context.database.killSession(session.backend.pid);
      await failure;
    } finally {
      await blocker.close();
    }
    expect(await verdict()).toBe('not_applied');
    expect(await columns()).toEqual(['id', 'name']);
  });

  it('never has a number that was used before', async () => {
    const session = await context.open();
    await session.prepareTables();
    const proofs: string[] = [];
    for (const [sql, works] of [
      [ADD, true],
      [ADD, false],
      ['CREATE TABLE IF NOT EXISTS widgets (id int)', true],
      ['DROP TABLE IF EXISTS nothing', true],
    ] as const) {
      await session.writeLedger(started(session, sql));
      await (works ? session.execute(sql) : failureOf(session.execute(sql)));
      const { own } = await session.readRecord(ASK);
      proofs.push(own?.proof ?? '');
      expect(own && (await session.proveOutcome?.(own))).toBe(
        works ? 'applied' : 'not_applied',
      );
      await session.writeLedger(ledgerRow({ position: 1 }));
    }
    const numbers = proofs.map(proof =>
      Number(/:(\d+) after/.exec(proof)?.[1]),
    );
    // That of the statement that failed was used by nothing.
    expect(numbers).toEqual([1, 2, 2, 3]);
    await session.close();

    const next = await context.open();
    await next.prepareTables();
    await next.writeLedger(started(next, 'DROP TABLE widgets'));
    await next.execute('DROP TABLE widgets');
    const { own } = await next.readRecord(ASK);
    expect(own?.proof).toContain(':4 after');
    const [{ gtid }] = await context.database.query(
      'SELECT @@session.gtid_next AS gtid',
    );
    expect(gtid).toBe('AUTOMATIC');
  });

  it.each([
    ['of a statement with several commits', 'CALL twice()'],
    ['of a table that is not atomic', 'ALTER TABLE old ADD COLUMN colour int'],
    [
      'of a table of another engine',
      'CREATE TABLE another (id int) ENGINE=MyISAM',
    ],
    ['of rows', "INSERT INTO widgets VALUES (1, 'a')"],
  ])('is not promised %s', async (_, sql) => {
    await context.database.query('CREATE TABLE old (id int) ENGINE=MyISAM');
    await context.database.query(
      'CREATE PROCEDURE twice() BEGIN CREATE TABLE x (id int); DROP TABLE x; END',
    );
    const session = await context.open();
    await announce(session, sql);
    await session.execute(sql);
    const { own } = await session.readRecord(ASK);
    expect(own?.state).toBe('started');
    expect(own?.proof).toBeUndefined();
    expect(own && (await session.proveOutcome?.(own))).toBeUndefined();
  });

  it('is not promised for another statement than the announced', async () => {
    const session = await context.open();
    await announce(session, 'DROP TABLE widgets');
    await session.execute(ADD);
    expect((await session.readRecord(ASK)).own?.proof).toBeUndefined();
  });

  it('is not promised where the account may not choose GTIDs', async () => {
    const account = await context.account('ALL PRIVILEGES');
    const session = await context.open({}, account);
    await announce(session, ADD);
    await session.execute(ADD);
    expect((await session.readRecord(ASK)).own?.proof).toBeUndefined();
  });

  it('is not concluded from the list of another server, or from one that was emptied', async () => {
    const session = await context.open();
    await announce(session, ADD);
    await failureOf(session.execute(`${ADD} syntax error`));
    await session.writeLedger(
      started(session, 'ALTER TABLE widgets ADD id int'),
    );
    await failureOf(session.execute('ALTER TABLE widgets ADD id int'));
    const { own } = await session.readRecord(ASK);
    const row = own ?? started(session, ADD);
    expect(await session.proveOutcome?.(row)).toBe('not_applied');
    const elsewhere = { ...row, serverId: 'another/database' };
    expect(await session.proveOutcome?.(elsewhere)).toBeUndefined();
    const emptied = row.proof?.replace(/after (\S+):\d+/, 'after $1:999999999');
    expect(
      await session.proveOutcome?.({ ...row, proof: emptied }),
    ).toBeUndefined();
    const beforeRestart = row.proof?.replace(
      / at \S+/,
      ' at 2001-02-03T04:05:06.000Z',
    );
    expect(
      await session.proveOutcome?.({
        ...row,
        proof: beforeRestart?.replace(' durable', ''),
      }),
    ).toBeUndefined();
  });

  it('can be proved with a ledger that an older version made', async () => {
    const first = await context.open();
    await first.prepareTables();
    await first.writeLedger(ledgerRow({ runItemId: 'earlier' }));
    await first.close();
    await context.database.query('ALTER TABLE migrations_ledger DROP proof');
    const session = await context.open();
    await announce(session, ADD);
    await session.execute(ADD);
    expect(await verdictOf(session)).toBe('applied');
    const rows = await context.database.query(
      'SELECT run_item_id FROM migrations_ledger ORDER BY 1',
    );
    expect(rows).toHaveLength(2);
  });

  async function verdictOf(session: TargetSession) {
    const { own } = await session.readRecord(ASK);
    return own && session.proveOutcome?.(own);
  }
});
