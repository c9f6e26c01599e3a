import { TargetSession } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import {
  testServer,
  waitUntil,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { failureOf, ledgerRow, TestContext } from './testing/TestContext';

function stories(context: TestContext): void {
  const isMariaDb = context.server.name === 'mariadb';

  describe('statements', () => {
    it('that report their errors as rows fail all the same', async () => {
      const session = await context.open();
      for (const verb of ['ANALYZE', 'OPTIMIZE', 'CHECK', 'REPAIR']) {
        const error = await failureOf(session.execute(`${verb} TABLE nothing`));
        expect(error).toMatchObject({
          code: 'STATEMENT_FAILED',
          message: expect.stringMatching(/nothing/),
        });
      }
      await session.execute('ANALYZE TABLE widgets');
    });

    it('that warn are heard, a bounded number of times', async () => {
      const notices: string[] = [];
      const session = await context.open({
        onNotice: ({ message }) => notices.push(message),
      });
      await session.execute('DROP TABLE IF EXISTS nothing');
      expect(notices).toEqual([expect.stringContaining('1051')]);
      notices.length = 0;
      const values = Array.from({ length: 900 }, () => "(1, 'a')").join(',');
      await session.execute(`INSERT IGNORE INTO widgets VALUES ${values}`);
      expect(notices).toHaveLength(51);
      expect(notices[50]).toMatch(/more warnings/);
    });

    it('on tables that never roll back are told of', async () => {
      const notices: string[] = [];
      const session = await context.open({
        onNotice: ({ message }) => notices.push(message),
      });
      await context.database.query('CREATE TABLE old (id int) ENGINE=MyISAM');
      await session.prepareTables();
      await session.begin();
      await session.execute("SELECT 'old'");
      expect(notices).toEqual([]);
      await session.execute('INSERT INTO `old` VALUES (1)');
      await session.execute('SELECT * FROM old');
      expect(
        notices.filter(message => message.includes('The table old is of')),
      ).toHaveLength(1);
      await session.rollback();
      expect(notices).toContainEqual(expect.stringContaining('1196'));
    });

    it('with too much text are refused before they end the connection', async () => {
      const session = await context.open();
      const [{ size }] = await context.database.query(
        'SELECT @@max_allowed_packet AS size',
      );
      const sql = `DO '${'x'.repeat(Number(size))}'`;
      const error = await failureOf(session.execute(sql));
      expect(error).toMatchObject({
        code: 'STATEMENT_FAILED',
        connectionLost: false,
        message: expect.stringContaining('max_allowed_packet'),
      });
      await session.execute('DO 0');
    });

    it('nearly as big go through with every letter', async () => {
      const session = await context.open();
      await context.database.query('CREATE TABLE big (body longtext)');
      const body = 'ü?😀'.repeat(1_000_000);
      await session.execute(`INSERT INTO big VALUES ('${body}')`);
      const [row] = await context.database.query(
        'SELECT CHAR_LENGTH(body) AS letters, LENGTH(body) AS bytes FROM big',
      );
      expect(row).toEqual({ letters: 3_000_000, bytes: 7_000_000 });
    });

    it('with a huge result are counted, not kept', async () => {
      const session = await context.open();
      await context.database.query('CREATE TABLE chunk (body longtext)');
      await context.database.query(
        "INSERT INTO chunk VALUES (REPEAT('x', 1000000))",
      );
      const before = process.memoryUsage().rss;
      const result = await session.execute(
        'SELECT body FROM chunk, (SELECT 1 FROM information_schema.COLLATIONS LIMIT 250) many',
      );
      expect(result.rows).toBe(250);
      expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
    });

    it('that wait for a lock give up in time', async () => {
      const session = await context.open();
      await context.database.query('START TRANSACTION');
      await context.database.query('SELECT * FROM widgets');
      const error = await failureOf(
        session.execute('ALTER TABLE widgets ADD colour int'),
      );
      await context.database.query('COMMIT');
      expect(error).toMatchObject({
        code: 'STATEMENT_FAILED',
        sqlState: '1205',
      });
    });

    it('that wait for a lock can be canceled', async () => {
      const session = await context.open({ lockTimeoutMs: 60_000 });
      await context.database.query('START TRANSACTION');
      await context.database.query('SELECT * FROM widgets');
      const failure = failureOf(
        session.execute('ALTER TABLE widgets ADD colour int'),
      );
      await waitUntil('the statement waits', () =>
        context.database.isBusy(session.backend.pid),
      );
      await session.cancel();
      expect((await failure).code).toBe('CANCELED');
      await context.database.query('COMMIT');
      await session.execute('ALTER TABLE widgets ADD colour int');
    });

    it('that somebody else interrupts are neither canceled nor timed out', async () => {
      const session = await context.open({ lockTimeoutMs: 60_000 });
      await context.database.query('START TRANSACTION');
      await context.database.query('SELECT * FROM widgets');
      const failure = failureOf(
        session.execute('ALTER TABLE widgets ADD colour int'),
      );
      await waitUntil('the statement waits', () =>
        context.database.isBusy(session.backend.pid),
      );
      await context.database.query(`KILL QUERY ${session.backend.pid}`);
      expect(await failure).toMatchObject({
        code: 'STATEMENT_FAILED',
        connectionLost: false,
      });
      await context.database.query('COMMIT');
    });

    it('on lists are half done on MariaDB only, and it is said', async () => {
      const session = await context.open();
      const error = await failureOf(
        session.execute('DROP TABLE widgets, nothing'),
      );
      expect(error.mayHaveSideEffects).toBe(isMariaDb);
      const left = await context.database.query("SHOW TABLES LIKE 'widgets'");
      expect(left).toHaveLength(isMariaDb ? 0 : 1);
    });
  });

  describe('a session that the server ends', () => {
    const options = {
      tag: 'migrate-hub test 1',
      lockTimeoutMs: 1_000,
      statementTimeoutMs: 0,
      connectTimeoutMs: 5_000,
    };
    const lost = { code: 'CONNECTION_LOST', connectionLost: true };
    const end = ({ backend }: TargetSession) =>
      context.database.query(`KILL CONNECTION ${backend.pid}`);

    it('before it has the lock is lost, and no fault of the lock', async () => {
      const session = await context.driver.connect(
        context.database.connection,
        options,
      );
      await end(session);
      const error = await failureOf(session.acquireLock({ timeoutMs: 1_000 }));
      expect(error).toMatchObject(lost);
      await session.close();
    });

    it('while it waits for the lock is lost, too', async () => {
      await context.open();
      const session = await context.driver.connect(
        context.database.connection,
        options,
      );
      let isWaiting = false;
      const failure = failureOf(
        session.acquireLock({
          timeoutMs: 60_000,
          onWaiting: () => {
            isWaiting = true;
          },
        }),
      );
      await waitUntil('it waits', () => isWaiting);
      await end(session);
      expect(await failure).toMatchObject(lost);
      await session.close();
    });
  });

  describe('our record', () => {
    it('is not written by an attempt that another has overtaken', async () => {
      const session = await context.open();
      await session.prepareTables();
      await session.writeLedger(ledgerRow());
      await context.database.query('UPDATE migrations_ledger SET attempt = 2');
      const error = await failureOf(
        session.writeLedger(ledgerRow({ position: 1 })),
      );
      expect(error.code).toBe('SESSION_DAMAGED');
    });

    it('is missed when somebody deleted it', async () => {
      const session = await context.open();
      await session.prepareTables();
      await session.writeLedger(ledgerRow());
      await context.database.query('DELETE FROM migrations_ledger');
      const error = await failureOf(
        session.writeLedger(ledgerRow({ state: 'finished' })),
      );
      expect(error.code).toBe('SESSION_DAMAGED');
    });

    it('is written again after a rollback took it back', async () => {
      const session = await context.open();
      await session.prepareTables();
      await session.begin();
      await session.writeLedger(ledgerRow({ state: 'finished' }));
      await session.execute("INSERT INTO widgets VALUES (1, 'a')");
      await session.rollback();
      await session.writeLedger(ledgerRow({ state: 'not_applied' }));
      const rows = await context.database.query(
        'SELECT state FROM migrations_ledger',
      );
      expect(rows).toEqual([{ state: 'not_applied' }]);
    });

    it('is not written at the second try either where the script has committed', async () => {
      const session = await context.open();
      await session.prepareTables();
      await session.begin();
      await session.execute('COMMIT');
      for (const row of [ledgerRow(), ledgerRow({ position: 1 })]) {
        const error = await failureOf(session.writeLedger(row));
        expect(error.code).toBe('SESSION_DAMAGED');
      }
    });

    it('does not go into a table that cannot roll back', async () => {
      const first = await context.open();
      await first.prepareTables();
      await first.close();
      await context.database.query('ALTER TABLE migrations ENGINE=MEMORY');
      const session = await context.open();
      const error = await failureOf(session.prepareTables());
      expect(error.code).toBe('HISTORY_TABLE_FOREIGN');
    });
  });
}

for (const name of ['mariadb', 'mysql'] as const) {
  const server = testServer(name);
  if (server) {
    describe(`A session on ${name}`, () => {
      stories(new TestContext(server));
    });
  }
}
