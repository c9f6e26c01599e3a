import { ChildProcess, spawn } from 'child_process';
import { once } from 'events';
import { existsSync } from 'fs';
import { chmod, mkdtemp, rm, writeFile } from 'fs/promises';
import { AddressInfo, createServer } from 'net';
import { tmpdir } from 'os';
import { join } from 'path';
import {
  TestDatabase,
  testServer,
  waitUntil,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { PostgresDriver } from './PostgresDriver';
import { createTestDatabase } from './testing/createTestDatabase';

const PROGRAM = '/usr/sbin/pgbouncer';
const NOBODY = 65534;
const OPTIONS = {
  tag: 'migrate-hub item 1',
  lockTimeoutMs: 1_000,
  statementTimeoutMs: 0,
  connectTimeoutMs: 5_000,
};

const server = testServer('postgres');
// A program of the system that not every machine has; the kit covers all else.
const suite = server && existsSync(PROGRAM) ? describe : describe.skip;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

suite('Behind a real PgBouncer in transaction mode', () => {
  const driver = PostgresDriver.create();
  let database: TestDatabase;
  let bouncer: ChildProcess;
  let folder: string;
  let port: number;

  const bounced = () => ({
    ...database.connection,
    host: '127.0.0.1',
    port,
    tls: { mode: 'disable' as const, allowInsecurePassword: true },
  });

  beforeEach(async () => {
    if (!server) {
      throw new Error('PostgreSQL is skipped');
    }
    database = await createTestDatabase(server);
    const { host, username, password } = database.connection;
    port = await freePort();
    folder = await mkdtemp(join(tmpdir(), 'mh-bouncer-'));
    await chmod(folder, 0o755);
    const users = join(folder, 'users.txt');
    const settings = join(folder, 'pgbouncer.ini');
    await writeFile(users, `"${username}" "${password}"\n`);
    await writeFile(
      settings,
      `[databases]
* = host=${host} port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${users}
pool_mode = transaction
`,
    );
    const isRoot = process.getuid?.() === 0;
    bouncer = spawn(PROGRAM, ['-q', settings], {
      stdio: 'ignore',
      ...(isRoot && { uid: NOBODY, gid: NOBODY }),
    });
    await waitUntil('PgBouncer answers', async () => {
      const { checks } = await driver.test(bounced(), { timeoutMs: 2_000 });
      return checks[0].ok;
    });
  });

  afterEach(async () => {
    const gone = once(bouncer, 'exit');
    bouncer.kill('SIGTERM');
    await gone;
    await database.drop();
    await rm(folder, { recursive: true });
  });

  it('the connection test names the pooler', async () => {
    const { ok, checks } = await driver.test(bounced(), { timeoutMs: 5_000 });
    expect(ok).toBe(false);
    expect(checks.filter(check => !check.ok)).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/pooler/i) }),
    ]);
  });

  it('no run gets the lock, which two could hold at once', async () => {
    const session = await driver.connect(bounced(), OPTIONS);
    await expect(
      session.acquireLock({ timeoutMs: 1_000 }),
    ).rejects.toMatchObject({ code: 'LOCK_UNSUPPORTED' });
    await session.close();
    // Nothing of it stayed behind in the pool.
    const direct = await driver.connect(database.connection, OPTIONS);
    await direct.acquireLock({ timeoutMs: 1_000 });
    await direct.close();
  });
});
