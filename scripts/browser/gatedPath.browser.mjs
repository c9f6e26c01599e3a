// The promise of the hub as people live it: in the browser, with a real database behind it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  accounts,
  enter,
  launchBrowser,
  startSession,
  typeSql,
  visit,
} from './lib/portal.mjs';
import { createStoryDatabase } from './lib/storyDatabase.mjs';

const [user, manager] = accounts;
const key = 'story-1';

describe('a migration on its way', () => {
  let browser;
  let database;
  let asUser;
  let asManager;
  let runUrl;
  before(async () => {
    browser = await launchBrowser();
    database = await createStoryDatabase();
    asUser = await startSession(browser, 'the user');
    asManager = await startSession(browser, 'the manager');
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

  step(
    'a target is created, and tested before it is saved',
    theUser,
    async page => {
      await visit(page, '/migrate-hub/databases');
      await button(page, 'New project').click();
      await fill(page, { Key: 'story', Name: 'Story' });
      await button(page, 'Create project').click();

      await button(page, 'New DB set').click();
      await page.getByLabel('Environment').last().click();
      await page.getByRole('option', { name: 'stg' }).click();
      await fill(page, { Name: 'story_stg' });
      await button(page, 'Create DB set').click();

      await button(page, 'New target').click();
      const { host, port, username, password } = database.connection;
      await fill(page, {
        Name: 'story',
        Host: host,
        Port: String(port),
        Database: database.connection.database,
        'User name': username,
        Password: password,
      });
      await button(page, 'Test connection').click();
      await page.getByText('The connection works.').waitFor();
      await button(page, 'Create target').click();
      await page
        .getByRole('button', { name: /^works: Checks of story/ })
        .waitFor();
    },
  );

  step('a migration is created and requested for stg', theUser, async page => {
    await visit(page, '/migrate-hub/migrations/new');
    await page.getByRole('combobox', { name: /Project/ }).click();
    await page.getByRole('option', { name: /story/i }).click();
    await fill(page, { Key: key, Name: 'Make the sessions table' });
    await typeSql(page, 'Up', 'create table sessions (id int primary key);');
    await typeSql(page, 'Down', 'drop table sessions;');
    await button(page, 'Create the migration').click();
    runUrl = await request(page);
  });

  step('it is not executed without approval', theUser, async page => {
    const execute = button(page, /^Execute on 1 target in stg/);
    await execute.waitFor();
    assert.equal(await execute.getAttribute('aria-disabled'), 'true');
    await page.getByText('Nobody has decided yet.').waitFor();
    assert.deepEqual(await database.tables(), []);
  });

  step('the manager approves what the queue shows', theManager, async page => {
    await approveFromQueue(page);
  });

  step('an edit voids the approval', theUser, async page => {
    await visit(page, runUrl);
    await page.getByRole('link', { name: 'Make the sessions table' }).click();
    await button(page, 'Edit').click();
    await typeSql(
      page,
      'Up',
      'create table sessions (id int primary key, token text);',
    );
    await button(page, /^Save version 2/)
      .first()
      .click();
    const sure = page.getByRole('dialog').getByRole('button', {
      name: /^Save version 2/,
    });
    await sure.click();
    await page.getByText('needs re-approval').first().waitFor();
    await visit(page, runUrl);
    await page.getByText(/does not count/).waitFor();
    const execute = button(page, /^Execute on 1 target in stg/);
    assert.equal(await execute.getAttribute('aria-disabled'), 'true');
  });

  step('the manager approves the new version', theManager, async page => {
    await approveFromQueue(page);
  });

  step(
    'it is executed, and the table and its row are there',
    theUser,
    async page => {
      await visit(page, runUrl);
      await act(page, /^Execute on 1 target in stg/);
      await page.getByRole('heading', { name: /executed/ }).waitFor();
      await page
        .getByRole('log')
        .getByText(/CREATE TABLE/)
        .first()
        .waitFor();
      assert.deepEqual(await database.tables(), ['sessions']);
      const [row] = await database.history();
      assert.equal(row.migration_key, key);
      assert.equal(row.applied_by, user.email);
      assert.ok(runUrl.endsWith(row.tool_run_id));
    },
  );

  step(
    'it is rolled back under an approval of its own',
    theUser,
    async page => {
      await page.getByRole('link', { name: 'Make the sessions table' }).click();
      runUrl = await request(page, 'Roll back what is applied');
      await asManager.run('rollback approval', approveFromQueue);
      await visit(page, runUrl);
      await act(page, /^Roll back 1 target in stg/);
      await page.getByRole('heading', { name: /executed/ }).waitFor();
      assert.deepEqual(await database.tables(), []);
      assert.deepEqual(await database.history(), []);
    },
  );

  step('all of it stands in the audit log', theManager, async page => {
    for (const action of [
      'db_target.created',
      'migration.created',
      'migration.sql_changed',
      'run.requested',
      'run.approved',
      'approval.invalidated',
      'run.execution_requested',
      'run.finished',
    ]) {
      await visit(page, `/migrate-hub/admin?view=audit&action=${action}`);
      await page
        .getByRole('table', { name: 'Audit log' })
        .getByText(action, { exact: true })
        .first()
        .waitFor();
    }
  });
});

const button = (page, name) =>
  page.getByRole('button', { name, exact: typeof name === 'string' });

/** Fills text fields by their labels; a required one has an asterisk behind it. */
async function fill(page, values) {
  for (const [label, value] of Object.entries(values)) {
    await page
      .getByRole('textbox', { name: new RegExp(`^${label}( \\*)?$`) })
      .or(page.getByRole('spinbutton', { name: new RegExp(`^${label}`) }))
      .or(page.locator('input[type=password]').and(page.getByLabel(label)))
      .fill(value);
  }
}

/** Presses the button of an act, and the same one in the dialog that asks. */
async function act(page, name) {
  await button(page, name).click();
  await page.getByRole('dialog').getByRole('button', { name }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

/** Requests a run of the migration on the page; returns the address of the run. */
async function request(page, type) {
  await button(page, 'Request run').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: /stg/ }).check();
  if (type) await dialog.getByRole('radio', { name: type }).check();
  await dialog.getByRole('checkbox', { name: /story_stg/ }).check();
  await dialog
    .getByRole('button', { name: /^Request r.* on 1 target/ })
    .click();
  await page.waitForURL(/\/runs\//);
  return page.url();
}

async function approveFromQueue(page) {
  await visit(page, '/migrate-hub/approvals');
  await page.getByRole('link', { name: key }).first().click();
  await page.getByRole('heading', { name: 'How to undo it' }).waitFor();
  await act(page, /^Approve 1 target in stg/);
  await page.getByText('1 of 1 that are needed').waitFor();
}
