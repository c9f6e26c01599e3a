// The portal as production serves it: the built frontend, from the backend, with a Postgres of its own.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { appEnvironment, startBackend } from '../../scripts/lib/app.mjs';
import { logs, modules, root } from '../../scripts/lib/paths.mjs';
import { freePort } from '../../scripts/lib/ports.mjs';
import { step } from '../../scripts/lib/progress.mjs';
import { run } from '../../scripts/lib/run.mjs';
import { demoAccounts, newSecrets } from '../../scripts/lib/secrets.mjs';
import { startTestPostgres } from '../../scripts/lib/servers/postgres.mjs';
import { settings } from './settings.mjs';

/**
 * Builds the frontend and starts what serves it.
 *
 * @param options - `config` are settings below `migrateHub`
 * @returns `url`, `accounts`, `postgres` (its settings for `pg`) and `stop`.
 */
export async function startServedPortal({ name, config = {} }) {
  await step('Building the frontend', buildFrontend);
  const secrets = newSecrets();
  const port = await freePort();
  const postgres = await startTestPostgres({
    port: await freePort(),
    log: join(logs, `${name}-postgres.log`),
  });
  const backend = await step('Starting the backend', () =>
    startBackend({
      environment: {
        ...appEnvironment({
          postgres,
          secrets,
          // One address for both.
          ports: { frontend: port, backend: port },
        }),
        ...settings(config),
        NODE_ENV: 'production',
        // On this machine there is no https.
        APP_CONFIG_migrateHub_allowInsecureBaseUrl: 'true',
      },
      log: join(logs, `${name}-backend.log`),
    }),
  );
  return {
    url: `http://localhost:${port}`,
    accounts: demoAccounts(secrets),
    postgres: {
      host: '127.0.0.1',
      port: postgres.port,
      user: postgres.user,
      password: postgres.password,
    },
    async stop() {
      await backend.stop();
      await postgres.stop();
      rmSync(distFolder, { recursive: true, force: true });
    },
  };
}

const appFolder = join(root, 'packages', 'app');
// The backend serves it whenever it is there: it goes when we are done.
const distFolder = join(appFolder, 'dist');

async function buildFrontend() {
  await run(
    process.execPath,
    [
      join(modules, '@backstage', 'cli', 'bin', 'backstage-cli'),
      'package',
      'build',
      '--config',
      join(root, 'app-config.yaml'),
    ],
    {
      cwd: appFolder,
      log: join(logs, 'benchmark-build.log'),
      env: { ...process.env, NODE_ENV: 'production' },
    },
  );
}
