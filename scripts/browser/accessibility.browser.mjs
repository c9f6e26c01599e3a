// axe on every page, in both themes: nothing serious.
/* global document */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import {
  accounts,
  callHub,
  enter,
  launchBrowser,
  startSession,
  visit,
} from './lib/portal.mjs';

const axe = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);
const [user, manager, admin] = accounts;
const root = '/migrate-hub';

/** Each page by its address, and something that is there once it is complete. */
const pages = {
  'the home page': ['/', 'Migrations waiting for me'],
  dashboard: [root, 'Recent activity'],
  migrations: [`${root}/migrations`, 'auth-0001-create-accounts'],
  'a new migration': [`${root}/migrations/new`, 'Create the migration'],
  'a migration': [`${root}/migrations/:migration`, 'How it runs'],
  'its SQL': [`${root}/migrations/:migration?tab=sql`, 'DROP'],
  'its versions': [`${root}/migrations/:migration?tab=versions`, '1 (current)'],
  'its runs': [`${root}/migrations/:migration?tab=runs`, 'Requested'],
  'its targets': [`${root}/migrations/:migration?tab=targets`, 'Targets'],
  'its history': [
    `${root}/migrations/:migration?tab=history`,
    'Created the migration',
  ],
  'an edit': [`${root}/migrations/:migration/edit`, 'Nothing has changed.'],
  runs: [`${root}/runs`, 'auth-0001-create-accounts'],
  'a run': [`${root}/runs/:run`, 'What an approval covers'],
  'the queue': [`${root}/approvals?scope=all`, 'Waiting for approval'],
  'what is approved': [`${root}/approvals?view=ready`, 'Approved and queued'],
  'a decision': [`${root}/approvals?run=:run`, 'How to undo it'],
  databases: [`${root}/databases`, 'auth_prd'],
  users: [`${root}/admin`, admin.email],
  sessions: [`${root}/admin?view=sessions`, 'this one'],
  policies: [`${root}/admin?view=policies`, 'stg'],
  'sign-in settings': [`${root}/admin?view=signIn`, 'Allowed domains'],
  webhooks: [`${root}/admin?view=webhooks`, 'No webhooks yet.'],
  health: [`${root}/admin?view=health`, 'metadata database'],
  'the audit log': [`${root}/admin?view=audit`, 'migration.created'],
  'no such page': [`${root}/nowhere`, 'There is no such page'],
  'the card of an entity': ['/catalog/default/component/auth', 'Migrations'],
  'the tab of an entity': [
    '/catalog/default/component/auth/migrations',
    'auth-0001-create-accounts',
  ],
};

describe('everybody can use', () => {
  let browser;
  let session;
  let ids;
  before(async () => {
    browser = await launchBrowser();
    ids = await requestedRun();
    session = await startSession(browser, 'axe');
    await signInPage();
    await enter(session.page, manager);
  });
  after(() => browser.close());

  let signInViolations;
  async function signInPage() {
    await session.page.goto('/');
    await session.page.getByLabel(/e-?mail/i).waitFor();
    signInViolations = await inBothThemes(session.page);
  }
  test('sign-in', () => assert.deepEqual(signInViolations, []));

  for (const [name, [path, shown]] of Object.entries(pages)) {
    test(name, () =>
      session.run(name, async page => {
        if (path.includes('/admin') && !session.admin) {
          await page.context().clearCookies();
          await enter(page, admin);
          session.admin = true;
        }
        await visit(
          page,
          path.replace(':migration', ids.migration).replace(':run', ids.run),
        );
        const main = page.locator('main, article').first();
        await main.getByText(shown).first().waitFor();
        await page.waitForFunction(
          () => !document.querySelector('[data-testid=loading]'),
        );
        assert.deepEqual(await inBothThemes(page), []);
      }),
    );
  }
});

/** A run that waits for approval, so that there is something to look at. */
async function requestedRun() {
  const hub = await callHub(user);
  const [migration] = await hub.list('/migrations', { q: 'auth-0001' });
  const [set] = await hub.list('/db-sets', {
    project: 'auth',
    environment: 'daily',
  });
  const run = await hub.post(`/migrations/${migration.id}/runs`, {
    environment: 'daily',
    dbSetIds: [set.id],
    type: 'apply',
    reason: 'to look at',
  });
  return { migration: migration.id, run: run.id };
}

async function inBothThemes(page) {
  const found = [];
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    const violations = await seriousViolations(page);
    found.push(...violations.map(one => ({ theme: colorScheme, ...one })));
  }
  await page.emulateMedia({ colorScheme: 'light' });
  return found;
}

/** What axe finds serious, for a person to read. */
async function seriousViolations(page) {
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    // What is still fading in has no contrast yet.
    await Promise.all(
      document
        .getAnimations()
        .filter(({ effect }) => effect?.getTiming().iterations !== Infinity)
        .map(({ finished }) => finished.catch(() => undefined)),
    );
    // Backstage's own: its count of unread ones is not part of its label.
    const rest = { exclude: ['a[href="/notifications"]'] };
    const result = await globalThis.axe.run(rest, {
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
