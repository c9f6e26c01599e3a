// Chromium and the portal, for the browser tests. `npm test -- browser` sets the variables.
/* global window, PopStateEvent */
import { join } from 'node:path';
import { signIn as signInToHub } from '../../lib/demo/hubClient.mjs';
import { enterPortal } from './browser.mjs';

export { launchBrowser } from './browser.mjs';

const {
  MIGRATE_HUB_BROWSER_URL: url,
  MIGRATE_HUB_BROWSER_BACKEND: backendUrl,
  MIGRATE_HUB_BROWSER_SCREENSHOTS: screenshots,
} = process.env;

/** The demo accounts: `{ email, password }`. */
export const accounts = JSON.parse(process.env.MIGRATE_HUB_BROWSER_ACCOUNTS);

/** Runs a story on a page of its own; when it fails, a picture of the page stays in the logs. */
export async function withPage(browser, name, story) {
  const context = await browser.newContext({ baseURL: url, locale: 'en-GB' });
  const page = await context.newPage();
  try {
    await story(page);
  } catch (error) {
    const path = join(screenshots, `${name.replace(/\W+/g, '-')}.png`);
    await page.screenshot({ path, fullPage: true });
    error.message += `\nThe page at that moment: ${path}`;
    throw error;
  } finally {
    await context.close();
  }
}

/**
 * A page of its own that lives over several stories; when one of them fails, a
 * picture of the page stays in the logs.
 */
export async function startSession(browser, name) {
  const context = await browser.newContext({ baseURL: url, locale: 'en-GB' });
  const page = await context.newPage();
  // The development server builds a page when it is first opened.
  page.setDefaultTimeout(60_000);
  return {
    page,
    async run(step, story) {
      try {
        await story(page);
      } catch (error) {
        const path = join(
          screenshots,
          `${`${name} ${step}`.replace(/\W+/g, '-')}.png`,
        );
        await page.screenshot({ path });
        error.message += `\nThe page at that moment: ${path}`;
        throw error;
      }
    },
  };
}

/** The hub's API for what a story only needs to be there, signed in as a demo account. */
export const callHub = account =>
  signInToHub({ backendUrl, appUrl: url, ...account });

/**
 * Signs in without the form: the cookie of a session of its own, then the portal goes on with it.
 * The form has its own story.
 */
export async function enter(page, account) {
  await enterPortal(page, {
    backendUrl,
    appUrl: url,
    account,
    path: '/migrate-hub',
  });
  await page.getByRole('navigation', { name: /migrate-hub/ }).waitFor();
}

/** Goes to a page as a link within the portal does, without loading all of it again. */
export async function visit(page, path) {
  await page.evaluate(address => {
    window.history.pushState({}, '', address);
    window.dispatchEvent(new PopStateEvent('popstate', { state: {} }));
  }, path);
}

/** Types e-mail and password into the sign-in page. */
export async function signIn(page, { email, password }) {
  await page.goto('/');
  await page.getByLabel(/e-?mail/i).fill(email);
  await page.getByLabel(/password/i).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/**
 * Replaces what is in an SQL editor, as a person does: `fill` selects all of it
 * so early that the editor, just focused, puts its cursor back.
 */
export async function typeSql(page, label, sql) {
  const editor = page.getByRole('textbox', { name: new RegExp(`^${label}:`) });
  await editor.click();
  await editor.press('ControlOrMeta+a');
  await page.keyboard.insertText(sql);
}
