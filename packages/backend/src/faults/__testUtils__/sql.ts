import {
  TestServer,
  TestServerName,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import mysql from 'mysql2/promise';
import { Client } from 'pg';

export type Row = Record<string, unknown>;

/** One session of the test's own, as somebody with a client has it. */
export interface Session {
  query(sql: string): Promise<Row[]>;
  close(): Promise<void>;
}

export type ServerAddress = Omit<TestServer, 'name'> & { name: TestServerName };

/** Opens a session; `database` may be left out on MySQL and MariaDB. */
export async function openSession(
  server: ServerAddress,
  database?: string,
): Promise<Session> {
  const { host, port, username: user, password } = server;
  if (server.name === 'postgres') {
    const client = new Client({
      ...{ host, port, user, password },
      database: database ?? 'postgres',
      application_name: 'fault suite',
    });
    // A server that is killed on purpose ends it: the next query says so.
    client.on('error', () => undefined);
    await client.connect();
    return {
      query: async sql => (await client.query(sql)).rows ?? [],
      close: () => client.end(),
    };
  }
  const connection = await mysql.createConnection({
    ...{ host, port, user, password, database },
    connectAttributes: { program_name: 'fault suite' },
  });
  connection.on('error', () => undefined);
  return {
    query: async sql => {
      const [rows] = await connection.query(sql);
      return Array.isArray(rows) ? (rows as Row[]) : [];
    },
    close: () => connection.end(),
  };
}

/** Opens a session, does something with it and closes it. */
export async function withSession<T>(
  server: ServerAddress,
  database: string | undefined,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession(server, database);
  try {
    return await work(session);
  } finally {
    await session.close().catch(() => undefined);
  }
}
