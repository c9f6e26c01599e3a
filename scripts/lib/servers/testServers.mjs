// All the servers that tests run against, and the environment variables that lead to them.
import { join } from 'node:path';
import { logs } from '../paths.mjs';
import { freePort } from '../ports.mjs';
import { say } from '../progress.mjs';
import { canInstall, findMariadb, findMysql, installMissing } from './apt.mjs';
import { startTestMariadb, startTestMysql } from './mysql.mjs';
import { mysqlFolder } from './mysqlFolder.mjs';
import { startTestPostgres } from './postgres.mjs';

const howTo = {
  mariadb: 'install MariaDB: apt-get install mariadb-server',
  mysql:
    'install MySQL 8.4 or later and name it, MIGRATE_HUB_MYSQLD=/path/to/mysqld, or run as root on Debian, where it is fetched',
};

/** Finds or fetches the engines that are not npm packages; needs no installed dependency. */
export async function prepareEngines() {
  await installMissing(['mariadb', 'debootstrap', 'pgbouncer', 'faketime']);
  if (!(await findMysql()) && canInstall()) {
    await mysqlFolder().catch(error => say(firstLine(error)));
  }
}

/**
 * Starts one server of each engine.
 *
 * @returns `env` for the tests, `skipped` with a reason for each engine that is not to be had, and
 *   `stop`.
 */
export async function startTestServers() {
  const starts = {
    postgres: async () =>
      startTestPostgres({ port: await freePort(), log: logOf('postgres') }),
    mariadb: async () => {
      const binaries = findMariadb();
      if (!binaries) throw new Error('MariaDB was not found');
      return startTestMariadb({
        binaries,
        port: await freePort(),
        log: logOf('mariadb'),
      });
    },
    mysql: async () => {
      const server = await findMysql();
      return startTestMysql({
        server,
        chroot: server ? undefined : await mysqlFolder(),
        port: await freePort(),
        log: logOf('mysql'),
      });
    },
  };
  const names = Object.keys(starts);
  const results = await Promise.allSettled(
    names.map(async name => starts[name]()),
  );
  const running = [];
  const skipped = [];
  for (const [index, result] of results.entries()) {
    const name = names[index];
    if (result.status === 'fulfilled') running.push(result.value);
    else
      skipped.push({
        name,
        reason: firstLine(result.reason),
        howTo: howTo[name],
      });
  }
  const stop = () => Promise.all(running.map(server => server.stop()));
  if (skipped.some(({ name }) => name === 'postgres')) {
    await stop();
    throw results[names.indexOf('postgres')].reason;
  }
  return { env: environmentOf(running, skipped), running, skipped, stop };
}

function environmentOf(running, skipped) {
  const env = {};
  for (const { name, url } of running) {
    env[`MIGRATE_HUB_TEST_${name.toUpperCase()}`] = url;
    if (name === 'postgres') {
      env.BACKSTAGE_TEST_DATABASE_POSTGRES18_CONNECTION_STRING = url;
    }
  }
  env.MIGRATE_HUB_TEST_SKIP = skipped.map(({ name }) => name).join(',');
  return env;
}

function logOf(name) {
  return join(logs, `test-${name}.log`);
}

function firstLine(error) {
  return String(error?.message ?? error).split('\n')[0];
}
