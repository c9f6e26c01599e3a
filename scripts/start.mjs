// `npm start`: the whole portal with demo data, on a fresh clone or on the data of last time.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { appEnvironment, startBackend, startFrontend } from './lib/app.mjs';
import { createDemoDatabases } from './lib/demo/databases.mjs';
import { seedDemo } from './lib/demo/seed.mjs';
import { local, logs } from './lib/paths.mjs';
import { portFrom, requireFreePort } from './lib/ports.mjs';
import { main } from './lib/main.mjs';
import { explain, say, step } from './lib/progress.mjs';
import { demoAccounts, loadSecrets } from './lib/secrets.mjs';
import { findMariadb, findMysql } from './lib/servers/apt.mjs';
import {
  startPersistentMariadb,
  startPersistentMysql,
} from './lib/servers/mysql.mjs';
import { startPersistentPostgres } from './lib/servers/postgres.mjs';
import { keptPort, onlyOneStart, readState, writeState } from './lib/state.mjs';
import { installDependencies } from './lib/toolchain.mjs';

/** What must go on running; when one of them ends, so do we. */
const running = [];

async function run() {
  await start();
  const ended = await Promise.race(
    running.map(({ name, exited, tail }) =>
      exited.then(() => ({ name, tail: tail() })),
    ),
  );
  say(`${ended.name} has ended by itself:\n${ended.tail}`);
  return 1;
}

async function start() {
  const ports = {
    frontend: portFrom('PORT', 3000),
    backend: portFrom('BACKEND_PORT', 7007),
  };
  onlyOneStart();
  await requireFreePort(ports.frontend, {
    variable: 'PORT',
    purpose: 'portal',
  });
  await requireFreePort(ports.backend, {
    variable: 'BACKEND_PORT',
    purpose: 'backend',
  });
  await installDependencies();

  const secrets = loadSecrets(join(local, 'secrets.json'));
  const state = readState();
  const servers = await step('Starting the databases', () =>
    startDatabases(state),
  );
  await createDemoDatabases({ servers, password: secrets.demoTargetPassword });

  const environment = appEnvironment({
    postgres: servers.postgres,
    secrets,
    ports,
  });
  const onError = line => say(line);
  await step('Starting the backend and the portal', () =>
    Promise.all([
      startBackend({
        environment,
        onError,
        log: join(logs, 'backend.log'),
      }).then(backend => running.push({ name: 'The backend', ...backend })),
      startFrontend({
        environment,
        onError,
        log: join(logs, 'frontend.log'),
      }).then(frontend => running.push({ name: 'The portal', ...frontend })),
    ]),
  );

  const appUrl = `http://localhost:${ports.frontend}`;
  const seeded = Object.fromEntries(
    Object.entries(servers).map(([engine, { port }]) => [engine, port]),
  );
  if (JSON.stringify(state.seeded) !== JSON.stringify(seeded)) {
    await step('Filling in the demo data', () =>
      seedDemo({
        backendUrl: `http://127.0.0.1:${ports.backend}`,
        appUrl,
        servers,
        secrets,
      }),
    );
    writeState({ ...state, seeded });
  }
  announce({ appUrl, secrets, servers });
}

async function startDatabases(state) {
  const starts = { postgres: startPostgres(state) };
  const mysql = await startMysqlIfFound(state);
  if (mysql) starts.mysql = mysql;
  const servers = {};
  for (const [engine, starting] of Object.entries(starts)) {
    servers[engine] = await starting;
  }
  return servers;
}

async function startPostgres({ seeded }) {
  const server = await startPersistentPostgres({
    folder: join(local, 'postgres'),
    port: await keptPort(seeded?.postgres),
    log: join(logs, 'postgres.log'),
  });
  running.push({ name: 'PostgreSQL', ...server });
  return server;
}

/** The demo's MySQL sets need a server that is on the machine; without one they are left out. */
async function startMysqlIfFound({ seeded }) {
  const options = {
    port: await keptPort(seeded?.mysql),
    log: join(logs, 'mysql.log'),
  };
  const folders = {
    mariadb: join(local, 'mariadb'),
    mysql: join(local, 'mysql'),
  };
  const mysqld = await findMysql();
  const mariadb = findMariadb();
  // The data of one is of no use to the other: stay with what was used the last time.
  const useMysql = mysqld && (!mariadb || !existsSync(folders.mariadb));
  if (!useMysql && !mariadb) return undefined;
  try {
    const server = useMysql
      ? await startPersistentMysql({
          ...options,
          server: mysqld,
          folder: folders.mysql,
        })
      : await startPersistentMariadb({
          ...options,
          binaries: mariadb,
          folder: folders.mariadb,
        });
    running.push({ name: 'MySQL', ...server });
    return server;
  } catch (error) {
    say(`The MySQL demo sets are left out: ${explain(error)}`);
    return undefined;
  }
}

function announce({ appUrl, secrets, servers }) {
  const accounts = demoAccounts(secrets).map(
    ({ email, password }) => `    ${email.padEnd(22)} ${password}`,
  );
  const lines = [
    '',
    `  migrate-hub runs at ${appUrl}`,
    '',
    '  Sign in as',
    ...accounts,
    '',
    `  REST API  ${appUrl.replace(/\d+$/, '')}${
      process.env.BACKEND_PORT || 7007
    }/api/migrate-hub/v1`,
    `  Logs      ${logs}`,
    ...(servers.mysql
      ? []
      : [
          '  No MySQL or MariaDB was found on this machine: its demo sets are left out',
          '  (apt-get install mariadb-server).',
        ]),
    '',
    '  Ctrl-C stops everything; the data stays in .local.',
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

// For `npm start`, Ctrl-C is the ordinary end.
main(run, { interruptedCode: 0 });
