// How much JavaScript comes over the line before the hub's first page stands? See README.md.
import { gzipSync } from 'node:zlib';
import { enterPortal, launchBrowser } from '../scripts/browser/lib/browser.mjs';
import { startServedPortal } from './lib/servedPortal.mjs';

/** A class name that CodeMirror puts into every editor. */
const EDITOR = 'cm-content';

const portal = await startServedPortal({ name: 'page-weight' });
const browser = await launchBrowser();
try {
  const context = await browser.newContext({ baseURL: portal.url });
  const page = await context.newPage();
  const loaded = [];
  const reading = [];
  page.on('response', response => {
    if (response.request().resourceType() !== 'script') return;
    reading.push(
      response.body().then(body =>
        loaded.push({
          name: new URL(response.url()).pathname.split('/').pop(),
          bytes: gzipSync(body, { level: 6 }).length,
          editor: body.includes(EDITOR),
        }),
      ),
    );
  });
  /** Chunks that came since the last time. */
  const taken = async () => {
    await page.waitForLoadState('networkidle');
    await Promise.all(reading.splice(0));
    return loaded.splice(0);
  };

  await enterPortal(page, {
    backendUrl: portal.url,
    appUrl: portal.url,
    account: portal.accounts[2],
    path: '/settings',
  });
  await page.getByText('Appearance').first().waitFor();
  const shell = await taken();

  await page.getByRole('link', { name: 'Migrate hub' }).first().click();
  await page.getByText('Recent activity').waitFor();
  const firstPage = await taken();

  await page.getByRole('link', { name: 'Migrations', exact: true }).click();
  await page.getByRole('heading', { name: 'Migrations' }).waitFor();
  const list = await taken();

  await page.getByRole('button', { name: 'New migration' }).click();
  await page.getByRole('textbox', { name: /^Up:/ }).waitFor();
  const editor = await taken();

  report('The portal around it (no page of the hub)', shell);
  report('The first page of the hub, in addition', firstPage);
  report('The list of migrations, in addition', list);
  report('The editor, in addition', editor);

  const early = [...shell, ...firstPage, ...list].filter(one => one.editor);
  const late = editor.filter(one => one.editor);
  if (early.length > 0 || late.length === 0) {
    process.exitCode = 1;
    console.log(
      `The editor must come with the page that needs it, but is in: ${
        early.map(({ name }) => name).join(', ') || 'none of these chunks'
      }`,
    );
  } else {
    console.log('The editor comes with the page that needs it, not before.');
  }
} finally {
  await browser.close();
  await portal.stop();
}

function report(title, chunks) {
  const total = chunks.reduce((sum, { bytes }) => sum + bytes, 0);
  console.log(`${title}: ${kib(total)} gzipped in ${chunks.length} chunks`);
  for (const { name, bytes } of chunks.sort((a, b) => b.bytes - a.bytes)) {
    console.log(`  ${kib(bytes).padStart(10)}  ${name}`);
  }
}

function kib(bytes) {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
