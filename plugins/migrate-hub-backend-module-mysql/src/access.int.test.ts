import { connect } from 'net';
import { TLSSocket } from 'tls';
import { createConnection } from 'mysql2';
import {
  TestServer,
  testServer,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { createTestDatabase } from './testing/createTestDatabase';
import { failureOf, ledgerRow, TestContext } from './testing/TestContext';

const WITHIN = { timeoutMs: 10_000 };

function stories(context: TestContext): void {
  describe('an ordinary account', () => {
    it('is told which privileges it lacks, before anything runs', async () => {
      const login = await context.account('SELECT');
      const result = await context.driver.test(
        { ...context.database.connection, ...login },
        WITHIN,
      );
      const failed = result.checks.filter(({ ok }) => !ok);
      expect(failed).toMatchObject([
        {
          name: 'privileges',
          message: expect.stringContaining('INSERT, UPDATE, DELETE, CREATE'),
        },
      ]);
      const session = await context.open({}, login);
      const error = await failureOf(session.prepareTables());
      expect(error.code).toBe('HISTORY_TABLE_DENIED');
    });

    it('needs five privileges, not more', async () => {
      const login = await context.account(
        'SELECT, INSERT, UPDATE, DELETE, CREATE',
      );
      const result = await context.driver.test(
        { ...context.database.connection, ...login },
        WITHIN,
      );
      expect(result.checks.filter(({ ok }) => !ok)).toEqual([]);
      const session = await context.open({ statementTimeoutMs: 300 }, login);
      await session.prepareTables();
      await session.writeLedger(ledgerRow());
      const slow = `SELECT COUNT(*) FROM ${Array.from(
        { length: 5 },
        (_, at) => `information_schema.COLLATIONS c${at}`,
      ).join(', ')} WHERE c0.ID + c1.ID + c2.ID = c3.ID + c4.ID + 0.5`;
      const error = await failureOf(session.execute(slow));
      expect(error.code).toBe('STATEMENT_TIMEOUT');
    });

    it('is told what it has beyond its database', async () => {
      const login = await context.account('ALL PRIVILEGES');
      const excess = async () => {
        const { connection } = context.database;
        const result = await context.driver.test(
          { ...connection, ...login },
          WITHIN,
        );
        expect(result.ok).toBe(true);
        return result.checks.find(({ name }) => name === 'excess_rights');
      };
      expect(await excess()).toEqual({
        name: 'excess_rights',
        ok: true,
        message: expect.stringContaining('nothing beyond'),
      });
      const { username } = login;
      await context.database.query(
        `GRANT SELECT ON mysql.* TO ${username}@'%'`,
      );
      await context.database.query(`GRANT FILE ON *.* TO ${username}@'%'`);
      expect(await excess()).toMatchObject({
        warning: true,
        message: expect.stringMatching(
          /on the whole server FILE; .*other databases: mysql$/,
        ),
      });
    });

    it('leaves a session alone that it may not see, and says so', async () => {
      const login = await context.account('ALL PRIVILEGES');
      const theirs = await context.open();
      const ours = await context.driver.connect(
        { ...context.database.connection, ...login },
        {
          tag: 'migrate-hub test 2',
          lockTimeoutMs: 1_000,
          statementTimeoutMs: 0,
          connectTimeoutMs: 5_000,
        },
      );
      const error = await failureOf(
        ours.acquireLock({ timeoutMs: 300, predecessor: theirs.backend }),
      );
      await ours.close();
      expect(error).toMatchObject({ code: 'LOCK_TIMEOUT' });
      expect(error.message).toContain(`session ${theirs.backend.pid}`);
      expect(error.message).toContain('may not see');
      expect(await context.database.isAlive(theirs.backend.pid)).toBe(true);
    });

    it('keeps the role the script chose, while our rows are written without it', async () => {
      const login = await context.account(
        'SELECT, INSERT, UPDATE, DELETE, CREATE',
      );
      const role = await context.role();
      await context.database.query(`GRANT ${role} TO ${login.username}@'%'`);
      const session = await context.open({}, login);
      await session.prepareTables();
      await session.execute(`SET ROLE ${role}`);
      await session.writeLedger(ledgerRow());
      await session.execute('INSERT INTO widgets VALUES (1, CURRENT_ROLE())');
      const [row] = await context.database.query('SELECT name FROM widgets');
      expect(row.name).toContain(role);
    });

    it('without access to the database is told so', async () => {
      const login = await context.account('SELECT');
      const other = await createTestDatabase(context.server);
      try {
        const result = await context.driver.test(
          { ...other.connection, ...login },
          WITHIN,
        );
        expect(result.checks.at(-1)).toMatchObject({
          name: 'database',
          ok: false,
        });
      } finally {
        await other.drop();
      }
    });
  });
}

/** PEM of the authority that signed the server's certificate. */
async function authorityOf(server: TestServer): Promise<string> {
  const socket = connect(server.port, server.host);
  const connection = createConnection({
    stream: () => socket,
    user: server.username,
    password: server.password,
    ssl: { rejectUnauthorized: false },
  });
  // The line is cut below, in the middle.
  connection.on('error', () => undefined);
  try {
    await new Promise((resolve, reject) => {
      connection.once('connect', resolve);
      connection.once('error', reject);
    });
    const stream = 'stream' in connection ? connection.stream : undefined;
    if (!(stream instanceof TLSSocket)) {
      throw new Error('Expected a connection over TLS');
    }
    const { issuerCertificate } = stream.getPeerCertificate(true);
    const body = issuerCertificate.raw.toString('base64');
    return `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
  } finally {
    socket.destroy();
  }
}

for (const name of ['mariadb', 'mysql'] as const) {
  const server = testServer(name);
  if (server) {
    describe(`Access to ${name}`, () => {
      stories(new TestContext(server));
    });
  }
}

const plain = testServer('mariadb');
if (plain) {
  describe('A server without TLS', () => {
    const context = new TestContext(plain);

    it('is refused where TLS is asked for', async () => {
      const result = await context.driver.test(
        { ...context.database.connection, tls: { mode: 'require' } },
        WITHIN,
      );
      expect(result.checks.at(-1)).toMatchObject({
        name: 'tls',
        ok: false,
        message: expect.stringContaining('does not offer TLS'),
      });
    });
  });
}

const withTls = testServer('mysql');
if (withTls) {
  describe('A server whose certificate is for no host', () => {
    const context = new TestContext(withTls);

    it.each([
      ['require', []],
      ['verify-ca', []],
      ['verify-full', ['tls']],
    ] as const)(
      'passes %s as far as it should: fails at %j',
      async (mode, expected) => {
        const ca = mode === 'require' ? undefined : await authorityOf(withTls);
        for (const host of ['127.0.0.1', 'localhost']) {
          const result = await context.driver.test(
            { ...context.database.connection, host, tls: { mode, ca } },
            WITHIN,
          );
          const failed = result.checks.filter(({ ok }) => !ok);
          expect([host, failed.map(({ name }) => name)]).toEqual([
            host,
            expected,
          ]);
        }
      },
    );
  });
}
