import { after, before, describe, test } from 'node:test';
import { accounts, launchBrowser, signIn, withPage } from './lib/portal.mjs';

describe('sign-in', () => {
  let browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  for (const account of accounts) {
    test(`${account.email} signs in and finds the migrations`, () =>
      withPage(browser, `sign-in ${account.email}`, async page => {
        await signIn(page, account);
        await page
          .getByRole('link', { name: 'Migrations', exact: true })
          .click();
        await page.getByText('auth-0001-create-accounts').first().waitFor();
      }));
  }

  test('the session outlives a reload of the page', () =>
    withPage(browser, 'reload', async page => {
      const pages = page.getByRole('navigation', { name: /migrate-hub/ });
      await signIn(page, accounts[0]);
      await pages.waitFor();
      await page.reload();
      await pages.waitFor();
    }));

  test('a wrong password is refused, and says so', () =>
    withPage(browser, 'wrong password', async page => {
      await signIn(page, { ...accounts[0], password: 'not the password' });
      await page.getByRole('alert').waitFor();
      // The sign-in page is still there.
      await page.getByLabel(/password/i).waitFor();
    }));
});
