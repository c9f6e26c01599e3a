// Sign-in as people with Google live it, with a real OpenID provider in Google's place.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  accounts,
  callHub,
  enter,
  launchBrowser,
  startSession,
  visit,
} from './lib/portal.mjs';

const [, , admin] = accounts;
const email = 'grace@example.com';

describe('sign-in with an OpenID provider', () => {
  let browser;
  let asGrace;
  let asAdmin;
  let hub;
  before(async () => {
    browser = await launchBrowser();
    hub = await callHub(admin);
    asGrace = await startSession(browser, 'Grace');
    asAdmin = await startSession(browser, 'the admin');
    await enter(asAdmin.page, admin);
  });
  after(() => browser.close());

  const step = (name, who, story) => test(name, () => who().run(name, story));
  const grace = () => asGrace;
  const theAdmin = () => asAdmin;
  const graces = async () => (await hub.list('/users', { q: email }))[0];
  const welcome = page => page.getByText('Welcome, Grace Google');

  step('somebody new comes in and gets an account', grace, async page => {
    await page.goto('/');
    await throughGoogle(page, 'grace');
    await welcome(page).waitFor();
    const user = await graces();
    assert.equal(user.role, 'user');
    assert.equal(user.provider, 'google');
    assert.deepEqual(await actionsOn(user), [
      'login.succeeded',
      'user.provisioned',
    ]);
  });

  step('a reload goes on with the session', grace, async page => {
    await page.reload();
    await welcome(page).waitFor();
    // Nothing of the provider's reached the browser's storage.
    const stored = await page.evaluate(() =>
      JSON.stringify(globalThis.localStorage),
    );
    assert.doesNotMatch(stored, /eyJ|refresh|access_token/i);
  });

  step(
    'signed out, the session is over at the server too',
    grace,
    async page => {
      await signOut(page);
      await google(page).waitFor();
      await page.reload();
      await google(page).waitFor();
      const { id } = await graces();
      assert.deepEqual(await hub.list('/sessions', { user: id }), []);
    },
  );

  step('the second time it is the same account', grace, async page => {
    const earlier = await graces();
    // Back to where one came from, which was the settings.
    await page.goto('/');
    await throughGoogle(page, 'grace');
    await welcome(page).waitFor();
    assert.equal((await graces()).id, earlier.id);
  });

  step('an admin ends the session', theAdmin, async page => {
    await visit(page, '/migrate-hub/admin?view=sessions');
    await page
      .getByRole('button', { name: 'End the session of Grace Google' })
      .click();
    await confirm(page, 'End the session of Grace Google');
    await page
      .getByRole('rowheader', { name: email })
      .waitFor({ state: 'detached' });
  });

  step('which holds from the next call on', grace, async page => {
    await page.getByRole('link', { name: 'All migrations' }).click();
    await page.getByRole('button', { name: 'Sign in again' }).first().click();
    await google(page).waitFor();
  });

  step('an admin disables the account', theAdmin, async page => {
    await visit(page, '/migrate-hub/admin?view=users');
    await page.getByRole('button', { name: 'Disable Grace Google' }).click();
    await page.getByLabel(/^Type/).fill(email);
    await confirm(page, 'Disable Grace Google');
    await page.getByRole('button', { name: 'Enable Grace Google' }).waitFor();
  });

  step('which is told at the next sign-in', grace, async page => {
    await throughGoogle(page, 'grace');
    await page.getByText(/Your account is disabled/).waitFor();
    await google(page).waitFor();
  });

  test('an account of another domain is refused', async () => {
    const asMallory = await startSession(browser, 'Mallory');
    await asMallory.run('domain', async page => {
      await page.goto('/');
      await throughGoogle(page, 'mallory');
      await page.getByText(/may not sign in here/).waitFor();
      const found = await hub.list('/users', { q: 'mallory' });
      assert.deepEqual(found, []);
      const [last] = await hub.list('/audit-events', {
        action: 'login.failed',
      });
      assert.equal(last.payload.reason, 'domain_not_allowed');
    });
  });

  async function actionsOn({ id }) {
    const events = await hub.list('/audit-events', { entityId: id });
    return events.map(({ action }) => action).sort();
  }
});

const google = page => page.getByRole('button', { name: /with Google/ });

/** To the provider, which asks who it is, and back. */
async function throughGoogle(page, account) {
  await google(page).click();
  await page.getByRole('link', { name: account }).click();
}

async function confirm(page, name) {
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name }).click();
  await dialog.waitFor({ state: 'detached' });
}

/** Where the portal has it: in the menu of the settings. */
async function signOut(page) {
  await visit(page, '/settings');
  await page.getByTestId('user-settings-menu').click();
  await page.getByTestId('sign-out').click();
}
