// What somebody does first in a portal with migrate-hub: look at the pages, run a migration.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { launchBrowser } from '../../browser/lib/browser.mjs';
import { hubClient, signIn } from '../demo/hubClient.mjs';

/** Pages by their address, and something that is there once they are complete. */
const pages = {
  '': 'Recent activity',
  migrations: 'shop-0001',
  runs: 'shop-0001',
  'approvals?scope=all': 'Waiting for approval',
  databases: 'shop_stg',
};

/** As a guest in the browser; the approval is an admin's, by the API. Throws where it is stuck. */
export async function walkThroughPortal(options) {
  const { url, admin, postgres, pictures, say } = options;
  mkdirSync(pictures, { recursive: true });
  const database = await createDatabase(postgres);
  const browser = await launchBrowser();
  const page = await browser.newPage({ baseURL: url, locale: 'en-GB' });
  page.setDefaultTimeout(60_000);
  const broken = [];
  page.on('pageerror', error => broken.push(String(error)));
  try {
    await enter(page);
    const guest = await guestClient(url);
    const run = await requestRun(guest, database);
    for (const [path, shown] of Object.entries(pages)) {
      await page.goto(`/migrate-hub/${path}`);
      await page.locator('main, article').getByText(shown).first().waitFor();
      const picture = join(
        pictures,
        `${path.split('?')[0] || 'dashboard'}.png`,
      );
      await page.screenshot({ path: picture });
      say(`/migrate-hub/${path} shows "${shown}"`);
    }
    await execute({ page, run, url, admin });
    await page.screenshot({ path: join(pictures, 'run.png') });
    assert.deepEqual(await database.tables(), ['orders']);
    const [row] = await database.history();
    assert.equal(row.migration_key, 'shop-0001');
    say('One migration ran: the table and its history row are there');
    assert.deepEqual(broken, []);
  } catch (error) {
    const path = join(pictures, 'stuck.png');
    await page.screenshot({ path, fullPage: true });
    error.message += `\nThe page at that moment: ${path}`;
    throw error;
  } finally {
    await browser.close();
    await database.drop();
  }
}

/** The new template asks first, the legacy one lets guests in by itself. */
async function enter(page) {
  await page.goto('/');
  const button = page.getByRole('button', { name: /^enter$/i });
  const inside = page.getByRole('link', { name: /settings/i }).first();
  await button.or(inside).first().waitFor();
  if (await button.isVisible()) await button.click();
  await inside.waitFor();
}

async function requestRun(guest, database) {
  await guest.post('/projects', { key: 'shop', name: 'Shop' });
  const set = await guest.post('/db-sets', {
    ...{ project: 'shop', environment: 'stg', name: 'shop_stg' },
  });
  await guest.post('/db-targets', {
    ...{ dbSetId: set.id, name: 'shop', engine: 'postgres' },
    ...database.connection,
  });
  const migration = await guest.post('/migrations', {
    ...{ project: 'shop', key: 'shop-0001', name: 'Make the orders table' },
    sqlUp: 'create table orders (id int primary key);',
    sqlDown: 'drop table orders;',
  });
  return guest.post(`/migrations/${migration.id}/runs`, {
    environment: 'stg',
    dbSetIds: [set.id],
  });
}

/** Not before it is approved. */
async function execute({ page, run, url, admin }) {
  await page.goto(`/migrate-hub/runs/${run.id}`);
  const button = page.getByRole('button', { name: /^Execute on 1 target/ });
  await button.waitFor();
  assert.equal(await button.getAttribute('aria-disabled'), 'true');
  const boss = await signIn({ backendUrl: url, appUrl: url, ...admin });
  await boss.post(`/runs/${run.id}/approvals`, {
    decision: 'approve',
    digest: run.digest,
  });
  await page.reload();
  await button.click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: /^Execute/ }).click();
  await page.getByRole('heading', { name: /executed/ }).waitFor();
}

async function guestClient(url) {
  const response = await fetch(`${url}/api/auth/guest/refresh`, {
    headers: { 'x-requested-with': 'XMLHttpRequest' },
  });
  const { backstageIdentity } = await response.json();
  return hubClient({ backendUrl: url, token: backstageIdentity.token });
}

async function createDatabase({ port, user, password }) {
  const name = `shop_${randomBytes(4).toString('hex')}`;
  const server = { host: '127.0.0.1', port: Number(port), user, password };
  const admin = new pg.Client({ ...server, database: 'postgres' });
  await admin.connect();
  await admin.query(`create database ${name}`);
  const own = new pg.Client({ ...server, database: name });
  await own.connect();
  const rows = async sql => (await own.query(sql)).rows;
  return {
    connection: {
      ...{ host: server.host, port: server.port, database: name },
      ...{ username: user, password },
    },
    async tables() {
      const found = await rows(
        "select tablename from pg_tables where schemaname = 'public' and tablename not like 'migrations%'",
      );
      return found.map(({ tablename }) => tablename);
    },
    history: () => rows('select * from migrations'),
    async drop() {
      await own.end();
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}
