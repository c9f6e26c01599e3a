// Signing in with e-mail and password, and what an admin does for those who cannot.
import { after, before, describe, test } from 'node:test';
import {
  accounts,
  enter,
  launchBrowser,
  signIn,
  startSession,
  visit,
  withPage,
} from './lib/portal.mjs';

const [user, , admin] = accounts;

describe('sign-in', () => {
  let browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  test('a wrong password is refused, and says so; the right one leads in and outlives a reload', () =>
    withPage(browser, 'password', async page => {
      await signIn(page, { ...user, password: 'not the password' });
      await page.getByRole('alert').waitFor();
      // The sign-in page is still there.
      await page.getByLabel('Password', { exact: true }).fill(user.password);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      // The home page says what waits, and leads to the hub.
      await page.getByText('Nothing waits for you.').waitFor();
      await page.getByRole('link', { name: 'All migrations' }).click();
      await page.getByText('auth-0001-create-accounts').first().waitFor();
      await page.reload();
      await page.getByText('auth-0001-create-accounts').first().waitFor();
    }));

  test('somebody new gets an account and a password that works once', async () => {
    const newcomer = { email: 'newcomer@example.com', password: undefined };
    const asAdmin = await startSession(browser, 'the admin');
    await asAdmin.run('new user', async page => {
      await enter(page, admin);
      await visit(page, '/migrate-hub/admin');
      await page.getByRole('button', { name: 'New user' }).click();
      const form = page.getByRole('dialog');
      await form.getByLabel(/E-mail/).fill(newcomer.email);
      await form.getByLabel('Name').fill('Nora Newcomer');
      await form.getByRole('button', { name: 'Create user' }).click();
      await page
        .getByRole('button', { name: 'One-time password for Nora Newcomer' })
        .click();
      const dialog = page.getByRole('dialog');
      await dialog
        .getByRole('button', { name: 'Make a one-time password' })
        .click();
      newcomer.password = await dialog.locator('code').innerText();
      await dialog.getByRole('button', { name: 'I have it' }).click();
      await dialog.waitFor({ state: 'detached' });
    });
    await withPage(browser, 'one-time password', async page => {
      await signIn(page, newcomer);
      await page.getByText(/works once/).waitFor();
      await page.getByLabel('New password').fill('a password of my own 7');
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByText('Welcome, Nora Newcomer').waitFor();
    });
  });
});
