// The part `browser`: the real portal and backend, driven by Chromium.
import { readdirSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run as runTests } from 'node:test';
import { logs, root } from '../paths.mjs';
import { say, step } from '../progress.mjs';
import { startTestPortal } from './testPortal.mjs';

const folder = join(root, 'scripts', 'browser');

export async function runBrowserTests() {
  const app = await step('Starting the app for the browser', () =>
    startTestPortal({ name: 'browser' }),
  );
  const screenshots = join(logs, 'browser');
  mkdirSync(screenshots, { recursive: true });
  Object.assign(process.env, {
    MIGRATE_HUB_BROWSER_URL: app.url,
    MIGRATE_HUB_BROWSER_BACKEND: app.backendUrl,
    MIGRATE_HUB_BROWSER_ACCOUNTS: JSON.stringify(app.accounts),
    MIGRATE_HUB_BROWSER_POSTGRES: JSON.stringify(app.postgres),
    MIGRATE_HUB_BROWSER_SCREENSHOTS: screenshots,
  });
  const files = readdirSync(folder)
    .filter(name => name.endsWith('.browser.mjs'))
    .map(name => join(folder, name));
  const result = await count(runTests({ files, concurrency: false }));
  await app.stop();
  return result;
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
