// A Backstage app fresh from create-app, with migrate-hub added as docs/install.md says.
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root } from '../paths.mjs';
import { keep, run, untilReady } from '../run.mjs';
import { newSecrets } from '../secrets.mjs';
import { yarnRelease } from './packages.mjs';

/** Of Backstage 1.55. */
const createApp = '@backstage/create-app@0.9.2';
const readyMs = 180_000;

/** create-app, and the `yarn` that it asks for, in `folder/tools`. */
export async function fetchCreateApp({ folder, log }) {
  const tools = join(folder, 'tools');
  mkdirSync(tools);
  writeFileSync(join(tools, 'package.json'), '{ "private": true }\n');
  await run('npm', ['install', '--no-audit', '--no-fund', createApp], {
    cwd: tools,
    log,
  });
  const yarn = join(tools, 'yarn');
  writeFileSync(
    yarn,
    `#!/bin/sh\nexec "${process.execPath}" "${yarnRelease}" "$@"\n`,
  );
  chmodSync(yarn, 0o755);
}

/** Creates the app, adds the packed packages, installs everything and builds the pages. */
export async function installPortal({ frontend, folder, place, packed, log }) {
  const tools = join(folder, 'tools');
  const env = {
    ...process.env,
    PATH: `${tools}${delimiter}${process.env.PATH}`,
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
    // Packages that came out today are installed as well.
    YARN_NPM_MINIMAL_AGE_GATE: '0',
  };
  const bin = join(tools, 'node_modules', '@backstage', 'create-app', 'bin');
  await run(
    process.execPath,
    [
      join(bin, 'backstage-create-app'),
      ...['--path', place, '--skip-install'],
      ...(frontend === 'legacy' ? ['--legacy'] : []),
    ],
    { cwd: folder, env, log, input: 'portal\n' },
  );
  addPackages(place, packed);
  addToBackend(place);
  if (frontend === 'legacy') addToLegacyApp(place);
  const yarn = args =>
    run(process.execPath, [yarnRelease, ...args], { cwd: place, env, log });
  // Nothing is compiled: SQLite, which the template brings, is not used.
  await yarn(['install', '--mode=skip-build']);
  await yarn(['workspace', 'app', 'build']);
}

function addPackages(place, packed) {
  const names = packed.map(({ name }) => name);
  const add = (workspace, chosen) =>
    edit(join(place, 'packages', workspace, 'package.json'), manifest => {
      for (const name of chosen) manifest.dependencies[name] = '^0.1.0';
    });
  add(
    'app',
    names.filter(name => name.endsWith('plugin-migrate-hub')),
  );
  add(
    'backend',
    names.filter(name => name.includes('backend')),
  );
  edit(join(place, 'package.json'), manifest => {
    Object.assign(
      manifest.resolutions,
      releasedVersions(place),
      // Where the newest of a tool cannot be had, this repository names one that can.
      readJson(join(root, 'package.json')).resolutions,
      Object.fromEntries(
        packed.map(({ name, archive }) => [name, `file:${archive}`]),
      ),
    );
  });
}

/**
 * Backstage's packages as they came out together. The ranges of the template
 * bring later ones, which do not start beside each other.
 */
function releasedVersions(place) {
  const versions = {};
  const lock = readFileSync(join(root, 'yarn.lock'), 'utf8');
  const locked = /^"(@backstage\/[^@]+)@npm:[^\n]*\n {2}version: (.*)$/gm;
  for (const [, name, version] of lock.matchAll(locked)) {
    versions[name] = version;
  }
  for (const folder of ['packages/app', 'packages/backend', '.']) {
    const manifest = readJson(join(place, folder, 'package.json'));
    const named = { ...manifest.dependencies, ...manifest.devDependencies };
    for (const [name, range] of Object.entries(named)) {
      if (name.startsWith('@backstage/')) {
        versions[name] = range.replace('^', '');
      }
    }
  }
  return versions;
}

function addToBackend(place) {
  const packages = [
    'migrate-hub-backend',
    'migrate-hub-backend-module-postgres',
    'migrate-hub-backend-module-mysql',
    'auth-backend-module-migrate-hub',
  ];
  const lines = packages.map(
    name => `backend.add(import('@migrate-hub/backstage-plugin-${name}'));\n`,
  );
  replaceIn(
    join(place, 'packages', 'backend', 'src', 'index.ts'),
    'backend.start();',
    `${lines.join('')}backend.start();`,
  );
}

/** With the new frontend the package is found by itself. */
function addToLegacyApp(place) {
  const app = join(place, 'packages', 'app', 'src', 'App.tsx');
  const line = "import { apis } from './apis';";
  const page = '<Route path="/settings"';
  replaceIn(
    app,
    line,
    `import { MigrateHubPage } from '@migrate-hub/backstage-plugin-migrate-hub';\n${line}`,
  );
  replaceIn(
    app,
    page,
    `<Route path="/migrate-hub" element={<MigrateHubPage />} />\n    ${page}`,
  );
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function edit(file, change) {
  const manifest = readJson(file);
  change(manifest);
  writeFileSync(file, `${JSON.stringify(manifest, undefined, 2)}\n`);
}

function replaceIn(file, text, by) {
  const before = readFileSync(file, 'utf8');
  if (!before.includes(text)) throw new Error(`${text} is not in ${file}`);
  writeFileSync(file, before.replace(text, by));
}

/** Starts the backend, which serves the pages as well, and waits until it is ready. */
export async function startPortal({ place, postgres, prefix, port, log }) {
  const url = `http://localhost:${port}`;
  const admin = {
    email: 'admin@example.com',
    password: randomBytes(12).toString('hex'),
  };
  // JSON is YAML. It stands after app-config.yaml and wins.
  const config = join(place, 'app-config.try.json');
  writeFileSync(
    config,
    JSON.stringify(configOf({ url, port, postgres, prefix, admin })),
    { mode: 0o600 },
  );
  const backend = keep(
    process.execPath,
    [
      join(place, 'node_modules', '@backstage', 'cli', 'bin', 'backstage-cli'),
      ...['package', 'start'],
      ...['--config', join(place, 'app-config.yaml'), '--config', config],
    ],
    {
      cwd: join(place, 'packages', 'backend'),
      env: { ...process.env, NODE_ENV: 'development', GITHUB_TOKEN: 'none' },
      log,
    },
  );
  await untilReady(
    backend,
    async () => {
      const ready = await fetch(`${url}/.backstage/health/v1/readiness`);
      if (!ready.ok) throw new Error(`it answers ${ready.status}`);
    },
    { what: 'The backend', timeoutMs: readyMs },
  );
  return { url, admin, stop: backend.stop };
}

function configOf({ url, port, postgres, prefix, admin }) {
  const { secretKey, signingKey } = newSecrets();
  const { user, password } = postgres;
  const connection = { host: '127.0.0.1', port: postgres.port, user, password };
  return {
    app: { baseUrl: url },
    backend: {
      baseUrl: url,
      listen: { host: '127.0.0.1', port },
      cors: { origin: url },
      database: { client: 'pg', prefix, connection },
    },
    auth: { providers: { guest: {}, local: {} } },
    migrateHub: {
      secrets: { keys: [{ id: '1', key: secretKey }] },
      signing: { keys: [{ id: '1', privateKey: signingKey }] },
      firstAdmins: [admin.email],
      firstAdminPassword: admin.password,
    },
  };
}
