// `npm run screenshots`: takes pictures of the main pages into docs/images, from a portal of its own.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { enterPortal, launchBrowser } from './browser/lib/browser.mjs';
import { main } from './lib/main.mjs';
import { root } from './lib/paths.mjs';
import { say, step } from './lib/progress.mjs';
import { installDependencies } from './lib/toolchain.mjs';

const folder = join(root, 'docs', 'images');
const size = { width: 1280, height: 720 };
const MOST_BYTES = 200_000;

async function run() {
  await installDependencies();
  // Not before the dependencies are there.
  const { startTestPortal } = await import('./lib/tests/testPortal.mjs');
  const { tellStory } = await import('./lib/demo/story.mjs');

  const portal = await step('Starting the portal', () =>
    startTestPortal({ name: 'screenshots' }),
  );
  const story = await step('Letting something happen', () =>
    tellStory({
      backendUrl: portal.backendUrl,
      appUrl: portal.url,
      secrets: portal.secrets,
    }),
  );
  mkdirSync(folder, { recursive: true });
  const browser = await launchBrowser();
  const page = await browser.newPage({
    baseURL: portal.url,
    colorScheme: 'light',
    locale: 'en-GB',
    viewport: size,
  });
  // The development server builds a page when it is first opened.
  page.setDefaultTimeout(60_000);
  const [, manager] = portal.accounts;
  await enterPortal(page, {
    backendUrl: portal.backendUrl,
    appUrl: portal.url,
    account: manager,
  });
  let code = 0;
  for (const [name, { path, shown }] of Object.entries(pictures(story))) {
    await page.goto(`/migrate-hub${path}`);
    await page.getByText(shown).first().waitFor();
    await page.waitForLoadState('networkidle');
    const file = join(folder, `${name}.png`);
    await page.screenshot({ path: file, animations: 'disabled' });
    const { size: bytes } = statSync(file);
    say(`docs/images/${name}.png: ${Math.round(bytes / 1000)} kB`);
    if (bytes > MOST_BYTES) {
      say(`${name}.png is larger than ${MOST_BYTES / 1000} kB`);
      code = 1;
    }
  }
  await browser.close();
  return code;
}

/** What is shown where, and what is there once the page is complete. */
const pictures = ({ migration, asked, partly }) => ({
  dashboard: { path: '', shown: 'Recent activity' },
  migration: { path: `/migrations/${migration.id}`, shown: 'How it runs' },
  run: { path: `/runs/${partly.id}`, shown: 'Only a part of it' },
  approval: { path: `/approvals?run=${asked.id}`, shown: 'How to undo it' },
});

main(run);
