// axe on every page, in both themes: nothing serious.
/* global document */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import {
  accounts,
  launchBrowser,
  signIn,
  startSession,
} from './lib/portal.mjs';

const axe = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);
const admin = accounts[accounts.length - 1];
const root = '/migrate-hub';

/** Pages by their address, and something that is there once they are complete. */
const pages = {
  '': 'Recent activity',
  '/migrations': 'auth-0001-create-accounts',
  '/migrations/new': 'Create the migration',
  '/runs': 'Runs',
  '/approvals?scope=all': 'Waiting for approval',
  '/databases': 'auth_prd',
  '/admin': admin.email,
  '/admin?view=policies': 'stg',
  '/admin?view=audit': 'migration.created',
};

for (const theme of ['light', 'dark']) {
  describe(`in the ${theme} theme`, () => {
    let browser;
    let session;
    before(async () => {
      browser = await launchBrowser();
      session = await startSession(browser, `axe ${theme}`);
      await session.page.emulateMedia({ colorScheme: theme });
      await signIn(session.page, admin);
      await session.page.getByRole('link', { name: 'Databases' }).waitFor();
    });
    after(() => browser.close());

    for (const [path, shown] of Object.entries(pages)) {
      test(`${root}${path} can be used by everybody`, () =>
        session.run(path, async page => {
          await page.goto(`${root}${path}`);
          const main = page.locator('main, article').first();
          await main.getByText(shown).first().waitFor();
          await page.waitForFunction(
            () => !document.querySelector('[data-testid=loading]'),
          );
          assert.deepEqual(await seriousViolations(page), []);
        }));
    }
  });
}

/** What axe finds serious in the pages of the hub, for a person to read. */
async function seriousViolations(page) {
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const result = await globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    });
    return result.violations;
  });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => ({ id, html, failureSummary })),
    );
}
