// A hub of its own for a benchmark: backends of this workspace on the Postgres of the benchmark.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { appEnvironment, startBackend } from '../../scripts/lib/app.mjs';
import { signIn } from '../../scripts/lib/demo/hubClient.mjs';
import { logs } from '../../scripts/lib/paths.mjs';
import { freePort } from '../../scripts/lib/ports.mjs';
import { demoAccounts, newSecrets } from '../../scripts/lib/secrets.mjs';
import { connectPostgres, serverOf } from './servers.mjs';

/** A store of its own for each benchmark: what the one before left would count. */
const prefix = `bench_${randomBytes(4).toString('hex')}_`;
const storeDatabase = `${prefix}migrate-hub`;

/** Survive a restart with other settings: what is stored is encrypted and signed with them. */
const secrets = newSecrets();

/**
 * Starts `replicas` backends on one metadata store.
 *
 * @param options - `config` are settings below `migrateHub`, e.g. `{ executor: { parallelism: 32 } }`;
 * `store` is the address of the metadata server, if it is not the server itself
 */
export async function startHub(options = {}) {
  const { replicas = 1, config = {}, store } = options;
  const server = { ...serverOf('postgres'), ...store };
  const frontend = await freePort();
  const backends = [];
  const ports = [];
  for (let n = 0; n < replicas; n += 1) {
    const port = await freePort();
    ports.push(port);
    // One after the other: the first makes the tables.
    backends.push(
      await startBackend({
        environment: {
          ...appEnvironment({
            postgres: server,
            secrets,
            ports: { frontend, backend: port },
          }),
          APP_CONFIG_backend_database_prefix: prefix,
          ...settings(config),
        },
        log: join(logs, `bench-backend-${n}.log`),
      }),
    );
  }
  const accounts = demoAccounts(secrets);
  const [backendUrl] = ports.map(port => `http://127.0.0.1:${port}`);
  const appUrl = `http://localhost:${frontend}`;
  return {
    backendUrl,
    /** Signed in anew: tokens are short-lived. */
    signIn: async () => {
      const [user, manager, admin] = await Promise.all(
        accounts.map(account => signIn({ backendUrl, appUrl, ...account })),
      );
      return { user, manager, admin };
    },
    /** Resident memory of the first replica in MB; undefined where it cannot be told. */
    memoryMb: () => memoryMb(ports[0]),
    stop: async () => {
      await Promise.all(backends.map(backend => backend.stop()));
    },
  };
}

/** A client of the hub's tables, for looking on without taking the hub's time. */
export const connectStore = () =>
  connectPostgres(serverOf('postgres'), storeDatabase);

/** Settings of Backstage by environment variables. */
function settings(config) {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      `APP_CONFIG_migrateHub_${key}`,
      JSON.stringify(value),
    ]),
  );
}

function memoryMb(port) {
  try {
    const found = execFileSync('ss', ['-ltnpH', `sport = :${port}`], {
      encoding: 'utf8',
    });
    const [, pid] = /pid=(\d+)/.exec(found);
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(status);
    return Number(kilobytes) / 1024;
  } catch {
    return undefined;
  }
}
