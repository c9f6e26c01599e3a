// Chromium, and a way into the portal without its form; needs no variables.
import { findChromium } from '../../lib/servers/apt.mjs';

export function browserOptions(executablePath = findChromium()) {
  return {
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
  };
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
