// Chromium and the portal, for the browser tests. `npm test -- browser` sets the variables.
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const {
  MIGRATE_HUB_BROWSER: executablePath,
  MIGRATE_HUB_BROWSER_URL: url,
  MIGRATE_HUB_BROWSER_SCREENSHOTS: screenshots,
} = process.env;

/** The demo accounts: `{ email, password }`. */
export const accounts = JSON.parse(process.env.MIGRATE_HUB_BROWSER_ACCOUNTS);

export function launchBrowser() {
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

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

/** Types e-mail and password into the sign-in page. */
export async function signIn(page, { email, password }) {
  await page.goto('/');
  await page.getByLabel(/e-?mail/i).fill(email);
  await page.getByLabel(/password/i).fill(password);
  await page.getByRole('button', { name: /sign in/i }).click();
}
