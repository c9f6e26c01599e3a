// The part `browser`: the real portal and backend, driven by Chromium.
import { readdirSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run as runTests } from 'node:test';
import { appEnvironment, startBackend, startFrontend } from '../app.mjs';
import { createDemoDatabases } from '../demo/databases.mjs';
import { seedDemo } from '../demo/seed.mjs';
import { logs, root } from '../paths.mjs';
import { freePort } from '../ports.mjs';
import { say, step } from '../progress.mjs';
import { demoAccounts, newSecrets } from '../secrets.mjs';
import { findChromium } from '../servers/apt.mjs';
import { startTestPostgres } from '../servers/postgres.mjs';

const folder = join(root, 'scripts', 'browser');

export async function runBrowserTests() {
  const app = await step('Starting the app for the browser', startApp);
  const screenshots = join(logs, 'browser');
  mkdirSync(screenshots, { recursive: true });
  Object.assign(process.env, {
    MIGRATE_HUB_BROWSER: findChromium(),
    MIGRATE_HUB_BROWSER_URL: app.url,
    MIGRATE_HUB_BROWSER_ACCOUNTS: JSON.stringify(app.accounts),
    MIGRATE_HUB_BROWSER_POSTGRES: JSON.stringify(app.postgres),
    MIGRATE_HUB_BROWSER_SCREENSHOTS: screenshots,
  });
  const files = readdirSync(folder)
    .filter(name => name.endsWith('.browser.mjs'))
    .map(name => join(folder, name));
  const result = await count(runTests({ files, concurrency: false }));
  for (const program of app.programs.reverse()) await program.stop();
  return result;
}

/** A portal of its own, on a Postgres of its own, with the demo in it. */
async function startApp() {
  const secrets = newSecrets();
  const ports = { frontend: await freePort(), backend: await freePort() };
  const postgres = await startTestPostgres({
    port: await freePort(),
    log: join(logs, 'browser-postgres.log'),
  });
  const servers = { postgres };
  const environment = appEnvironment({ postgres, secrets, ports });
  const [backend, frontend] = await Promise.all([
    startBackend({ environment, log: join(logs, 'browser-backend.log') }),
    startFrontend({ environment, log: join(logs, 'browser-frontend.log') }),
    createDemoDatabases({ servers, password: secrets.demoTargetPassword }),
  ]);
  const url = `http://localhost:${ports.frontend}`;
  await seedDemo({
    backendUrl: `http://127.0.0.1:${ports.backend}`,
    appUrl: url,
    servers,
    secrets,
  });
  return {
    url,
    accounts: demoAccounts(secrets),
    postgres: {
      host: '127.0.0.1',
      port: postgres.port,
      user: postgres.user,
      password: postgres.password,
    },
    programs: [postgres, backend, frontend],
  };
}

async function count(events) {
  const result = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for await (const { type, data } of events) {
    if (data.details?.type === 'suite') continue;
    if (type === 'test:pass' && data.skip !== undefined) result.skipped += 1;
    else if (type === 'test:pass') {
      result.passed += 1;
      say(`${data.name}: passed`);
    } else if (type === 'test:fail') {
      result.failed += 1;
      result.failures.push(data.name);
      const { error } = data.details;
      say(`${data.name}: FAILED\n${error.cause?.stack ?? error.message}`);
    } else if (type === 'test:stderr' || type === 'test:stdout') {
      process.stdout.write(data.message);
    }
  }
  return result;
}
