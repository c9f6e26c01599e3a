import { randomBytes } from 'crypto';
import { Client, escapeIdentifier } from 'pg';
import {
  TestDatabase,
  TestServer,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';

async function connect(server: TestServer, database: string): Promise<Client> {
  const client = new Client({
    host: server.host,
    port: server.port,
    user: server.username,
    password: server.password,
    database,
  });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** An empty database, owned by a login role of its own without further rights. */
export async function createTestDatabase(
  server: TestServer,
): Promise<TestDatabase> {
  const name = `mh_test_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(9).toString('hex');
  const root = await connect(server, 'postgres');
  await root.query(`CREATE ROLE ${name} LOGIN PASSWORD '${password}'`);
  await root.query(`CREATE DATABASE ${name} OWNER ${name}`);
  const admin = await connect(server, name);
  await admin.query(`SET ROLE ${name}`);

  const exists = async (condition: string) =>
    (await root.query(`SELECT FROM pg_stat_activity WHERE ${condition}`))
      .rowCount === 1;
  return {
    connection: {
      host: server.host,
      port: server.port,
      database: name,
      username: name,
      password,
      tls: { mode: 'disable' },
      historyTable: 'migrations',
    },
    query: async sql => (await admin.query(sql)).rows,
    killSession: async pid => {
      await root.query('SELECT pg_terminate_backend($1::int)', [pid]);
    },
    isBusy: pid => exists(`pid = ${Number(pid)} AND state = 'active'`),
    isAlive: pid => exists(`pid = ${Number(pid)}`),
    drop: async () => {
      await admin.end();
      await root.query(
        `DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`,
      );
      await root.query(`DROP ROLE ${name}`);
      await root.end();
    },
  };
}
