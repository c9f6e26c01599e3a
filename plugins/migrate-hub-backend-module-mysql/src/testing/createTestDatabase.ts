import { randomBytes } from 'crypto';
import { Connection, createConnection } from 'mysql2/promise';
import {
  TestDatabase,
  TestServer,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';

type Rows = Record<string, unknown>[];

/** A database with a random name on a real server, for one test. */
export async function createTestDatabase(
  server: TestServer,
): Promise<TestDatabase> {
  const { host, port, username, password } = server;
  const database = `mh_${randomBytes(6).toString('hex')}`;
  const admin = await createConnection({
    host,
    port,
    user: username,
    password,
    dateStrings: true,
  });
  await admin.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
  await admin.query(`USE ${database}`);
  return {
    connection: {
      host,
      port,
      database,
      username,
      password,
      tls: { mode: 'disable' },
      historyTable: 'migrations',
    },
    query: async sql => rowsOf(admin, sql),
    killSession: async pid => {
      await admin.query(`KILL CONNECTION ${Number(pid)}`).catch(ignoreGone);
    },
    isBusy: async pid => {
      const [row] = await session(admin, pid);
      return row?.command === 'Query';
    },
    isAlive: async pid => (await session(admin, pid)).length > 0,
    drop: async () => {
      await admin.query(`DROP DATABASE IF EXISTS ${database}`);
      await admin.end();
    },
  };
}

async function rowsOf(admin: Connection, sql: string): Promise<Rows> {
  const [rows] = await admin.query(sql);
  return Array.isArray(rows) ? (rows as Rows) : [];
}

async function session(admin: Connection, pid: string): Promise<Rows> {
  const all = await rowsOf(admin, 'SHOW PROCESSLIST');
  return all
    .filter(({ Id }) => String(Id) === pid)
    .map(({ Command }) => ({ command: Command }));
}

function ignoreGone(error: Error & { errno?: number }): void {
  if (error.errno !== 1094) {
    throw error;
  }
}
