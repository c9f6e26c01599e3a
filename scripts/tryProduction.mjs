// `npm run try:production`: the steps of packages/backend/Dockerfile without Docker, against a
// PostgreSQL of its own. Builds the bundle, installs its production dependencies in an empty folder,
// starts it with app-config.production.yaml and environment variables, and uses it.
import { chmodSync, cpSync, readdirSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { delimiter, join } from 'node:path';
import { main } from './lib/main.mjs';
import { logs, modules, root } from './lib/paths.mjs';
import { freePort } from './lib/ports.mjs';
import { say, step } from './lib/progress.mjs';
import { walkThroughProduction } from './lib/production.mjs';
import { keep, run, stopEverything, untilReady } from './lib/run.mjs';
import { newSecrets } from './lib/secrets.mjs';
import { startTestPostgres } from './lib/servers/postgres.mjs';
import { removeFolder, tempFolder } from './lib/servers/temp.mjs';
import { installDependencies } from './lib/toolchain.mjs';

const log = join(logs, 'try-production.log');
const readyMs = 120_000;

async function tryProduction() {
  await installDependencies();
  const folder = tempFolder('mh-production-');
  try {
    const env = withYarn(folder);
    await step('Building the bundle', () => build(env));
    await step('Installing what it needs to run', () => unpack(folder, env));
    const postgres = await step('Starting PostgreSQL', async () =>
      startTestPostgres({
        port: await freePort(),
        log: join(logs, 'try-production-postgres.log'),
      }),
    );
    const admin = {
      email: 'admin@example.com',
      password: randomBytes(12).toString('hex'),
    };
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const portal = await step('Starting the portal', () =>
      start({ folder, postgres, admin, port, url }),
    );
    await step('Using it', () =>
      walkThroughProduction({ url, postgres, admin, say }),
    );
    await step('Stopping', async () => {
      await portal.stop();
      await postgres.stop();
    });
    return 0;
  } finally {
    // Whatever still runs lives in the folder.
    await stopEverything();
    removeFolder(folder);
  }
}

/** The bundling calls `yarn`: the one of the repository, as in the image. */
function withYarn(folder) {
  const releases = join(root, '.yarn', 'releases');
  const file = readdirSync(releases).find(name => name.startsWith('yarn-'));
  const yarn = join(folder, 'yarn');
  const release = join(releases, file);
  writeFileSync(
    yarn,
    `#!/bin/sh\nexec "${process.execPath}" "${release}" "$@"\n`,
  );
  chmodSync(yarn, 0o755);
  return { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
}

function build(env) {
  return run(
    process.execPath,
    [join(modules, '@backstage/cli/bin/backstage-cli'), 'package', 'build'],
    { cwd: join(root, 'packages/backend'), env, log },
  );
}

/** What the image holds at the end, made in the same order. */
async function unpack(folder, env) {
  const app = join(folder, 'app');
  for (const name of [
    '.yarn/releases',
    '.yarnrc.yml',
    'backstage.json',
    'package.json',
    'yarn.lock',
    'app-config.yaml',
    'app-config.production.yaml',
  ]) {
    cpSync(join(root, name), join(app, name), { recursive: true });
  }
  const dist = join(root, 'packages/backend/dist');
  const extract = name => run('tar', ['-xzf', join(dist, name), '-C', app]);
  await extract('skeleton.tar.gz');
  await run('yarn', ['workspaces', 'focus', '--all', '--production'], {
    ...{ cwd: app, log },
    env: { ...env, YARN_ENABLE_GLOBAL_CACHE: 'true' },
  });
  await extract('bundle.tar.gz');
}

async function start({ folder, postgres, admin, port, url }) {
  const app = join(folder, 'app');
  const secrets = newSecrets();
  // What differs from a real installation: the port, and targets on this machine.
  const here = join(folder, 'app-config.here.json');
  writeFileSync(
    here,
    JSON.stringify({
      backend: { listen: { host: '127.0.0.1', port } },
      migrateHub: { reach: { allow: ['127.0.0.1'] } },
    }),
  );
  const configs = [
    join(app, 'app-config.yaml'),
    join(app, 'app-config.production.yaml'),
    here,
  ];
  const portal = keep(
    process.execPath,
    ['packages/backend', ...configs.flatMap(file => ['--config', file])],
    {
      ...{ cwd: app, log },
      // Nothing else of this environment: what is needed stands in app-config.production.yaml.
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'production',
        APP_BASE_URL: url,
        MIGRATE_HUB_ALLOW_INSECURE_BASE_URL: 'true',
        POSTGRES_HOST: '127.0.0.1',
        POSTGRES_PORT: String(postgres.port),
        POSTGRES_USER: postgres.user,
        POSTGRES_PASSWORD: postgres.password,
        MIGRATE_HUB_SECRET_KEY: secrets.secretKey,
        MIGRATE_HUB_SIGNING_KEY: secrets.signingKey,
        MIGRATE_HUB_METRICS_TOKEN: 'scrape',
        MIGRATE_HUB_FIRST_ADMIN: admin.email,
        MIGRATE_HUB_FIRST_ADMIN_PASSWORD: admin.password,
      },
    },
  );
  await untilReady(
    portal,
    async () => {
      const response = await fetch(`${url}/.backstage/health/v1/readiness`);
      const answer = await response.text();
      if (!response.ok) throw new Error(answer);
    },
    { what: 'The portal', timeoutMs: readyMs },
  );
  return portal;
}

main(tryProduction);
