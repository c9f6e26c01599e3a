// The backend and the frontend of this workspace, as `npm start` and the browser tests run them.
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { modules, root } from './paths.mjs';
import { Hint } from './progress.mjs';
import { keep, untilReady } from './run.mjs';

const startTimeoutMs = 180_000;

/** The environment variables that app-config.yaml and app-config.development.yaml name. */
export function appEnvironment({ postgres, secrets, ports }) {
  return {
    NODE_ENV: 'development',
    PORT: String(ports.frontend),
    BACKEND_PORT: String(ports.backend),
    POSTGRES_HOST: '127.0.0.1',
    POSTGRES_PORT: String(postgres.port),
    POSTGRES_USER: postgres.user,
    POSTGRES_PASSWORD: postgres.password,
    MIGRATE_HUB_SECRET_KEY: secrets.secretKey,
    MIGRATE_HUB_SIGNING_KEY: secrets.signingKey,
    MIGRATE_HUB_DEMO_USER_PASSWORD: secrets.demoUserPassword,
    MIGRATE_HUB_DEMO_MANAGER_PASSWORD: secrets.demoManagerPassword,
    MIGRATE_HUB_DEMO_ADMIN_PASSWORD: secrets.demoAdminPassword,
  };
}

/** Starts the backend and waits until it says that it is ready. */
export function startBackend({ environment, log, onError }) {
  const url = `http://127.0.0.1:${environment.BACKEND_PORT}`;
  return startPackage({
    what: 'The backend',
    folder: 'backend',
    environment,
    log,
    onError,
    ready: `${url}/.backstage/health/v1/readiness`,
  });
}

/** Starts the frontend's development server and waits until it serves the page. */
export function startFrontend({ environment, log, onError }) {
  return startPackage({
    what: 'The frontend',
    folder: 'app',
    environment,
    log,
    onError,
    ready: `http://localhost:${environment.PORT}/`,
  });
}

async function startPackage(options) {
  const { what, folder, environment, log, onError, ready } = options;
  let refused;
  const process_ = keep(
    process.execPath,
    [
      join(modules, '@backstage', 'cli', 'bin', 'backstage-cli'),
      'package',
      'start',
      '--config',
      join(root, 'app-config.yaml'),
      '--config',
      join(root, 'app-config.development.yaml'),
    ],
    {
      cwd: join(root, 'packages', folder),
      env: { ...process.env, ...environment },
      log,
      onLine: line => {
        const text = stripVTControlCharacters(line);
        if (crashed(text)) {
          refused ??= text;
        }
        // The whole line, with its stack, is in the log.
        if (isError(text)) onError?.(`${what}: ${text.slice(0, 300)}`);
      },
    },
  );
  await untilReady(
    process_,
    async () => {
      const response = await fetch(ready, {
        signal: AbortSignal.timeout(5_000),
      });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`${ready} answers ${response.status}`);
    },
    {
      what,
      timeoutMs: startTimeoutMs,
      refused: () =>
        refused &&
        new Hint(
          `${what} did not start. The end of ${log}:\n${process_.tail()}`,
        ),
    },
  );
  return process_;
}

/** Backstage's lines in development are `time plugin level message`. */
function isError(text) {
  return /^\S+ \S+ error /.test(text) || /^\S+Error: /.test(text);
}

/** Backstage's CLI waits for a change of the code after a crash: at the start, we do not. */
function crashed(text) {
  return (
    /^Node\.js v\d+\.\d+/.test(text) ||
    /Backend startup failed|ModuleNotFoundError|Module not found/.test(text)
  );
}
