// The database servers that `npm run bench` has started.
import mysql from 'mysql2/promise';
import pg from 'pg';

const variables = {
  postgres: 'MIGRATE_HUB_TEST_POSTGRES',
  mariadb: 'MIGRATE_HUB_TEST_MARIADB',
  mysql: 'MIGRATE_HUB_TEST_MYSQL',
};

/** Where a server is and who may do everything there; undefined if there is none of the kind. */
export function serverOf(kind) {
  const address = process.env[variables[kind]];
  if (!address) return undefined;
  const url = new URL(address);
  return {
    kind,
    /** As the hub names it: one driver serves MySQL and MariaDB. */
    engine: kind === 'postgres' ? 'postgres' : 'mysql',
    host: url.hostname,
    port: Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
}

/** A `pg` client, connected. */
export async function connectPostgres(server, database = 'postgres') {
  const { host, port, user, password } = server;
  const client = new pg.Client({ host, port, user, password, database });
  await client.connect();
  return client;
}

/** A `mysql2` connection. */
export async function connectMysql(server, database) {
  const { host, port, user, password } = server;
  return mysql.createConnection({ host, port, user, password, database });
}

/** Runs one statement after the other on a connection of its own; the rows of the last. */
export async function execute(server, statements, database) {
  let rows;
  if (server.kind === 'postgres') {
    const client = await connectPostgres(server, database);
    for (const sql of statements) ({ rows } = await client.query(sql));
    await client.end();
    return rows;
  }
  const connection = await connectMysql(server, database);
  for (const sql of statements) [rows] = await connection.query(sql);
  await connection.end();
  return rows;
}
