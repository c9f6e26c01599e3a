import {
  testServer,
  TestServerName,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { randomBytes } from 'crypto';
import mysql from 'mysql2/promise';
import { Client } from 'pg';

/** A database of its own on a real server, as somebody owns one. */
export interface TargetDatabase {
  connection: {
    engine: 'postgres' | 'mysql';
    host: string;
    port: number;
    database: string;
    username: string;
    password: string;
  };
  query(sql: string): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

/** Makes a database on the server of that name. */
export async function createTargetDatabase(
  name: TestServerName,
): Promise<TargetDatabase> {
  const server = testServer(name);
  if (!server) throw new Error(`there is no ${name} here`);
  const database = `acceptance_${randomBytes(6).toString('hex')}`;
  const { host, port, username, password } = server;
  const connection = { host, port, database, username, password };
  if (name === 'postgres') {
    const connect = async (to: string) => {
      const client = new Client({
        host,
        port,
        user: username,
        password,
        database: to,
      });
      await client.connect();
      return client;
    };
    const admin = await connect('postgres');
    await admin.query(`create database ${database}`);
    const own = await connect(database);
    return {
      connection: { engine: 'postgres', ...connection },
      query: async sql => (await own.query(sql)).rows,
      drop: async () => {
        await own.end();
        await admin.query(`drop database ${database} with (force)`);
        await admin.end();
      },
    };
  }
  const admin = await mysql.createConnection({
    host,
    port,
    user: username,
    password,
  });
  await admin.query(`create database ${database}`);
  await admin.query(`use ${database}`);
  return {
    connection: { engine: 'mysql', ...connection },
    query: async sql =>
      (await admin.query(sql))[0] as unknown as Record<string, unknown>[],
    drop: async () => {
      await admin.query(`drop database ${database}`);
      await admin.end();
    },
  };
}
