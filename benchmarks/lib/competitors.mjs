// Other ways to bring one migration (a table, an index, a history row) to many databases.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modules } from '../../scripts/lib/paths.mjs';
import { run as runProgram, which } from '../../scripts/lib/run.mjs';
import { inParallel } from './inParallel.mjs';
import { connectMysql, connectPostgres } from './servers.mjs';

/** The migration in question; every way makes a table of its own of it. */
export function ddl(table) {
  return [
    `create table ${table} (id bigint primary key, customer_id bigint not null, note varchar(200))`,
    `create index ${table}_by_customer on ${table} (customer_id)`,
  ];
}

const historyDdl = table =>
  `create table if not exists ${table} (migration_key varchar(255) primary key, checksum char(64) not null, applied_at timestamp not null default current_timestamp)`;

const historyRow = (table, key) =>
  `insert into ${table} (migration_key, checksum) values ('${key}', '${'0'.repeat(
    64,
  )}')`;

/** What a careful script does: connect, lock, look, one transaction where there can be one. */
const bareLoop = {
  name: 'bare loop',
  async roll({ server, databases, parallelism, key }) {
    const one = server.kind === 'postgres' ? barePostgres : bareMysql;
    await inParallel(databases, parallelism, database =>
      one(server, database, key),
    );
  },
};

async function barePostgres(server, database, key) {
  const client = await connectPostgres(server, database);
  await client.query('select pg_try_advisory_lock(4711)');
  await client.query(historyDdl('bare_history'));
  const found = await client.query(
    'select 1 from bare_history where migration_key = $1',
    [key],
  );
  if (found.rowCount === 0) {
    await client.query('begin');
    for (const sql of ddl(`bare_${key}`)) await client.query(sql);
    await client.query(historyRow('bare_history', key));
    await client.query('commit');
  }
  await client.query('select pg_advisory_unlock(4711)');
  await client.end();
}

async function bareMysql(server, database, key) {
  const connection = await connectMysql(server, database);
  await connection.query('select get_lock(?, 10)', [database]);
  await connection.query(historyDdl('bare_history'));
  const [found] = await connection.query(
    'select 1 from bare_history where migration_key = ?',
    [key],
  );
  if (found.length === 0) {
    for (const sql of ddl(`bare_${key}`)) await connection.query(sql);
    await connection.query(historyRow('bare_history', key));
  }
  await connection.query('select release_lock(?)', [database]);
  await connection.end();
}

/** The server's own client, one process a database. */
const client = {
  name: 'client, xargs',
  async roll({ server, databases, parallelism, key, folder }) {
    const file = join(folder, `${key}.sql`);
    const statements = [
      historyDdl('client_history'),
      ...ddl(`client_${key}`),
      historyRow('client_history', key),
    ];
    writeFileSync(file, `${statements.join(';\n')};\n`);
    const command =
      server.kind === 'postgres'
        ? [
            'psql',
            `host=${server.host} port=${server.port} user=${server.user} dbname={}`,
            ...['-X', '-q', '-1', '-v', 'ON_ERROR_STOP=1', '-f', file],
          ]
        : [
            'sh',
            '-c',
            `exec mariadb --skip-ssl -h ${server.host} -P ${server.port} -u ${server.user} "$1" < ${file}`,
            'sh',
            '{}',
          ];
    await xargs(databases, parallelism, command, {
      PGPASSWORD: server.password,
      PGOPTIONS: '-c client_min_messages=warning',
      MYSQL_PWD: server.password,
    });
  },
  missing: server =>
    !which(server.kind === 'postgres' ? 'psql' : 'mariadb') &&
    'there is no client program',
};

const dbmatePath = join(modules, '@dbmate/linux-x64/bin/dbmate');

/** The migration tool of that name, one process a database, as its users run it. */
const dbmate = {
  name: 'dbmate, xargs',
  async roll({ server, databases, parallelism, key, round, folder }) {
    const version = String(20260101000000 + round);
    writeFileSync(
      join(folder, `${version}_${key}.sql`),
      `-- migrate:up\n${ddl(`dbmate_${key}`).join(
        ';\n',
      )};\n\n-- migrate:down\n`,
    );
    const { kind, host, port, user, password } = server;
    const scheme = kind === 'postgres' ? 'postgres' : 'mysql';
    const tail = kind === 'postgres' ? '?sslmode=disable' : '';
    await xargs(
      databases,
      parallelism,
      [dbmatePath, '--migrations-dir', folder, '--no-dump-schema', 'migrate'],
      {},
      database =>
        `${scheme}://${user}:${encodeURIComponent(
          password,
        )}@${host}:${port}/${database}${tail}`,
    );
  },
  missing: () =>
    !existsSync(dbmatePath) && 'dbmate has no package for this machine',
};

/** `{}` in the command is the database; without one its address is given as DATABASE_URL. */
async function xargs(databases, parallelism, command, env, urlOf) {
  const args = urlOf ? ['env', 'DATABASE_URL={}', ...command] : command;
  await runProgram('xargs', ['-P', String(parallelism), '-I{}', ...args], {
    input: `${databases.map(urlOf ?? (name => name)).join('\n')}\n`,
    env: { ...process.env, ...env },
  });
}

/** Those that can run here, each with a folder of its own. */
export function competitorsFor(server) {
  const found = [bareLoop, client, dbmate].filter(one => {
    const reason = one.missing?.(server);
    if (reason) console.log(`Without ${one.name}: ${reason}.`);
    return !reason;
  });
  return found.map(one => {
    const folder = mkdtempSync(join(tmpdir(), 'migrate-hub-bench-'));
    return {
      name: one.name,
      roll: task => one.roll({ ...task, folder }),
      remove: () => rmSync(folder, { recursive: true, force: true }),
    };
  });
}
