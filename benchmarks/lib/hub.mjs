// A hub of its own for a benchmark: backends of this workspace on the Postgres of the benchmark.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { appEnvironment } from '../../scripts/lib/app.mjs';
import { signIn } from '../../scripts/lib/demo/hubClient.mjs';
import { logs, modules, root } from '../../scripts/lib/paths.mjs';
import { freePort } from '../../scripts/lib/ports.mjs';
import { keep, untilReady } from '../../scripts/lib/run.mjs';
import { demoAccounts, newSecrets } from '../../scripts/lib/secrets.mjs';
import { memoryMb, pidOf } from './processes.mjs';
import { connectPostgres, serverOf } from './servers.mjs';
import { settings } from './settings.mjs';

/** A store of its own for each benchmark: what the one before left would count. */
const prefix = `bench_${randomBytes(4).toString('hex')}_`;
const storeDatabase = `${prefix}migrate-hub`;

/** Survive a restart with other settings: what is stored is encrypted and signed with them. */
const secrets = newSecrets();

/**
 * Starts `replicas` backends on one metadata store.
 *
 * @param options - `config` are settings below `migrateHub`, e.g. `{ executor: { parallelism: 32 } }`;
 * `store` is the address of the metadata server, if it is not the server itself; `nodeOptions` are
 * for the backends' processes
 */
export async function startHub(options = {}) {
  const { replicas = 1, config = {}, store, nodeOptions = [] } = options;
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
        nodeOptions,
        environment: {
          ...appEnvironment({
            postgres: server,
            secrets,
            ports: { frontend, backend: port },
          }),
          APP_CONFIG_backend_database_prefix: prefix,
          ...settings({
            // In production neither is allowed unless it is asked for.
            allowInsecureBaseUrl: true,
            reach: { allow: ['127.0.0.1'] },
            // A fleet is made in seconds here, not in days.
            limits: {
              connectionTestsPerMinute: 1_000_000,
              analysesPerMinute: 1_000_000,
            },
            ...config,
          }),
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
    /** Of the replicas. */
    ports,
    /** Signed in anew: tokens are short-lived. */
    signIn: async () => {
      const [user, manager, admin] = await Promise.all(
        accounts.map(account => signIn({ backendUrl, appUrl, ...account })),
      );
      return { user, manager, admin };
    },
    /** Resident memory of the first replica in MB; undefined where it cannot be told. */
    memoryMb: () => memoryMb(pidOf(ports[0])),
    stop: async () => {
      await Promise.all(backends.map(backend => backend.stop()));
    },
  };
}

/**
 * The backend as production runs it, but from the sources: one process, without the watcher and the
 * source maps of the development server. It keeps the demo accounts.
 */
async function startBackend({ environment, log, nodeOptions }) {
  const { BACKEND_PORT: port } = environment;
  const configs = ['app-config.yaml', 'app-config.development.yaml'];
  const backend = keep(
    process.execPath,
    [
      ...nodeOptions,
      '--require',
      join(modules, '@backstage/cli-node/config/nodeTransform.cjs'),
      'src/index',
      ...configs.flatMap(file => ['--config', join(root, file)]),
    ],
    {
      cwd: join(root, 'packages', 'backend'),
      env: { ...process.env, ...environment, NODE_ENV: 'production' },
      log,
    },
  );
  const ready = `http://127.0.0.1:${port}/.backstage/health/v1/readiness`;
  await untilReady(
    backend,
    async () => {
      const response = await fetch(ready, {
        signal: AbortSignal.timeout(5_000),
      });
      const answer = await response.text();
      if (!response.ok) throw new Error(answer);
    },
    { what: 'The backend', timeoutMs: 180_000 },
  );
  return backend;
}

/** A client of the hub's tables, for looking on without taking the hub's time. */
export const connectStore = () =>
  connectPostgres(serverOf('postgres'), storeDatabase);
