// Everything without a mouse: a request, its approval and its execution by Tab, Enter and Space.
/* global document */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import {
  accounts,
  callHub,
  enter,
  launchBrowser,
  startSession,
  visit,
} from './lib/portal.mjs';
import { createStoryDatabase } from './lib/storyDatabase.mjs';

const [user, manager] = accounts;
const project = `keys-${randomUUID().slice(-6)}`;

describe('who has no mouse', () => {
  let browser;
  let database;
  let asUser;
  let asManager;
  let migration;
  let runUrl;
  before(async () => {
    browser = await launchBrowser();
    database = await createStoryDatabase();
    const hub = await callHub(user);
    await hub.post('/projects', { key: project, name: 'Keys' });
    const set = await hub.post('/db-sets', {
      ...{ project, environment: 'daily', name: `${project}_daily` },
    });
    await hub.post('/db-targets', {
      ...{ dbSetId: set.id, name: 'daily', engine: 'postgres' },
      ...database.connection,
    });
    migration = await hub.post('/migrations', {
      ...{ project, key: `${project}-1`, name: 'By keys' },
      sqlUp: 'create table keys (id int);',
    });
    asUser = await startSession(browser, 'keys the user');
    asManager = await startSession(browser, 'keys the manager');
    await Promise.all([
      enter(asUser.page, user),
      enter(asManager.page, manager),
    ]);
  });
  after(async () => {
    await browser.close();
    await database.drop();
  });

  const step = (name, who, story) => test(name, () => who().run(name, story));
  const theUser = () => asUser;
  const theManager = () => asManager;

  step('requests a run', theUser, async page => {
    await visit(page, `/migrate-hub/migrations/${migration.id}`);
    await page.getByRole('button', { name: 'Request run' }).waitFor();
    await press(page, 'Request run');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('will run').waitFor();
    await press(page, 'Request run on 1 target in daily');
    await page.waitForURL(/\/runs\//);
    runUrl = page.url();
  });

  step('approves it', theManager, async page => {
    await visit(page, runUrl);
    const name = 'Approve 1 target in daily';
    await page.getByRole('button', { name }).waitFor();
    // Whoever waits to execute waits at the button.
    await reach(asUser.page, 'Execute on 1 target in daily');
    await press(page, name);
    await page.getByRole('dialog').waitFor();
    await press(page, name);
    await page.getByText('1 of 1 that are needed').waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name }).waitFor({ state: 'detached' });
    assert.notEqual(await focused(page), undefined);
  });

  step('executes it', theUser, async page => {
    const name = 'Execute on 1 target in daily';
    await page
      .locator('button:not([aria-disabled])')
      .filter({ hasText: name })
      .waitFor();
    assert.equal(await focused(page), name);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await press(page, name);
    await page.getByRole('heading', { name: /executed/ }).waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.notEqual(await focused(page), undefined);
    assert.deepEqual(await database.tables(), ['keys']);
  });
});

/** What is written on what has the focus; undefined if nothing has. */
const focused = page =>
  page.evaluate(() => {
    const { activeElement, body } = document;
    return !activeElement || activeElement === body
      ? undefined
      : activeElement.textContent;
  });

/** Tab until the button is reached; a whole turn without it is too long a way. */
async function reach(page, name) {
  for (let tabs = 0; tabs < 80; tabs += 1) {
    if ((await focused(page)) === name) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`"${name}" is not reached by Tab`);
}

async function press(page, name) {
  await reach(page, name);
  await page.keyboard.press('Enter');
}
