// Chromium, and a way into the portal without its form; needs no variables.
import { Hint, step } from '../../lib/progress.mjs';
import { findChromium, installMissing } from '../../lib/servers/apt.mjs';

/** Installs it where it is missing and that can be done. */
export async function launchBrowser() {
  if (!findChromium()) {
    await step('Looking for a browser', () => installMissing(['chromium']));
  }
  const executablePath = findChromium();
  if (!executablePath) {
    throw new Hint(
      'This needs Chromium: apt-get install chromium, or MIGRATE_HUB_CHROMIUM=/path/to/chrome',
    );
  }
  // Not before the dependencies are there.
  const { chromium } = await import('playwright-core');
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

/** The cookie of a session of its own, then the portal goes on with it. */
export async function enterPortal(page, options) {
  const { backendUrl, appUrl, account, path = '/' } = options;
  const { email, password } = account;
  const response = await page
    .context()
    .request.post(`${backendUrl}/api/auth/local/refresh`, {
      headers: { 'X-Requested-With': 'XMLHttpRequest', Origin: appUrl },
      data: { email, password },
    });
  if (!response.ok()) throw new Error(`sign-in answers ${response.status()}`);
  await page.goto(path);
}
