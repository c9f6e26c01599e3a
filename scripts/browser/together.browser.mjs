// Several people at once, keys, errors, and a run whose live connection does not come through.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import {
  accounts,
  callHub,
  enter,
  launchBrowser,
  startSession,
  typeSql,
  visit,
} from './lib/portal.mjs';
import { createStoryDatabase } from './lib/storyDatabase.mjs';

const [user, manager] = accounts;
const project = `together-${randomUUID().slice(-6)}`;
const key = `${project}-1`;
const sql = number => `insert into visits values (${number});`;

describe('people who work together', () => {
  let browser;
  let stg;
  let prd;
  let hub;
  let asUser;
  let asManager;
  let migration;
  let sets;
  before(async () => {
    browser = await launchBrowser();
    [stg, prd] = [await createStoryDatabase(), await createStoryDatabase()];
    await stg.rows('create table visits (number int)');
    await prd.rows('create table visits (number int)');
    hub = { user: await callHub(user), manager: await callHub(manager) };
    await hub.user.post('/projects', { key: project, name: 'Together' });
    sets = {
      stg: await createSet('stg', stg),
      prd: await createSet('prd', prd),
    };
    migration = await hub.user.post('/migrations', {
      project,
      key,
      name: 'Count a visit',
      sqlUp: sql(1),
    });
    asUser = await startSession(browser, 'together the user');
    asManager = await startSession(browser, 'together the manager');
    await Promise.all([
      enter(asUser.page, user),
      enter(asManager.page, manager),
    ]);
  });
  after(async () => {
    await browser.close();
    await stg.drop();
    await prd.drop();
  });

  const step = (name, who, story) => test(name, () => who().run(name, story));
  const theUser = () => asUser;
  const theManager = () => asManager;
  const at = path => `/migrate-hub${path}`;

  async function createSet(environment, database) {
    const set = await hub.user.post('/db-sets', {
      project,
      environment,
      name: `${project}_${environment}`,
    });
    await hub.user.post('/db-targets', {
      dbSetId: set.id,
      name: environment,
      engine: 'postgres',
      ...database.connection,
    });
    return set.id;
  }
  /** Somebody else changes the SQL meanwhile. */
  async function edit(who, sqlUp) {
    const { version } = await who.get(`/migrations/${migration.id}`);
    await who.patch(`/migrations/${migration.id}`, {
      expectedVersion: version,
      sqlUp,
    });
  }
  const request = environment =>
    hub.user.post(`/migrations/${migration.id}/runs`, {
      environment,
      dbSetIds: [sets[environment]],
      type: 'apply',
    });

  step(
    'two edits meet: both are shown, and mine goes on top',
    theUser,
    async page => {
      await visit(page, at(`/migrations/${migration.id}/edit`));
      await typeSql(page, 'Up', sql(3));
      await edit(hub.manager, sql(2));
      await button(page, 'Save version 2').click();
      const conflict = page
        .getByRole('alert')
        .filter({ hasText: 'Max Manager saved it at version 2' });
      await conflict
        .getByRole('textbox', { name: 'Theirs (version 2)' })
        .getByText(sql(2))
        .waitFor();
      await conflict
        .getByRole('textbox', { name: 'Yours (not saved)' })
        .getByText(sql(3))
        .waitFor();
      await button(page, 'Keep mine on top of version 2').click();
      await button(page, 'Save version 3').click();
      await page.getByText('version 3', { exact: true }).waitFor();
      assert.equal(
        (await hub.user.get(`/migrations/${migration.id}`)).sqlUp,
        sql(3),
      );
    },
  );

  step('any two versions are compared', theUser, async page => {
    await visit(page, at(`/migrations/${migration.id}?tab=versions`));
    await page.getByLabel('Compare').click();
    await page.getByRole('option', { name: 'version 1' }).click();
    const changed = page.getByRole('region', { name: 'What changed' });
    await changed
      .getByRole('textbox', { name: 'version 1' })
      .getByText(sql(1))
      .waitFor();
    await changed
      .getByRole('textbox', { name: 'version 3' })
      .getByText(sql(3))
      .waitFor();
  });

  step(
    'a request for prd says what is missing before it is sent',
    theUser,
    async page => {
      await visit(page, at(`/migrations/${migration.id}`));
      await button(page, 'Request run').click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('radio', { name: /prd/ }).check();
      await dialog.getByText('It cannot be requested').waitFor();
      await dialog.getByRole('listitem').getByText(/stg/).waitFor();
      assert.ok(
        await dialog
          .getByRole('button', { name: /^Request run on 1 target in prd/ })
          .isDisabled(),
      );
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    },
  );

  step(
    'what changes while the manager reads is not approved unread',
    theManager,
    async page => {
      const run = await request('stg');
      await visit(page, at(`/approvals?run=${run.id}`));
      const approve = button(page, /^Approve 1 target in stg/);
      await approve.waitFor();
      await edit(hub.user, sql(4));
      const notice = page
        .getByRole('alert')
        .filter({ hasText: 'This run changed since you opened it' });
      await notice.getByText(sql(4)).waitFor();
      await notice.getByText(sql(3)).waitFor();
      assert.equal(await approve.getAttribute('aria-disabled'), 'true');
      await notice
        .getByRole('button', { name: 'I have read the change' })
        .click();
      await approve.click();
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /^Approve/ })
        .click();
      await page.getByText('1 of 1 that are needed').waitFor();
      const { approvals, version } = await hub.user.get(`/runs/${run.id}`);
      assert.equal(version, 4);
      assert.equal(approvals.length, 1);
    },
  );

  step(
    'a run is followed without a live connection, and with one again',
    theUser,
    async page => {
      const [run] = await hub.user.list('/runs', {
        project,
        status: 'approved',
      });
      const release = await stg.lock('visits');
      await page.route('**/stream', route => route.abort());
      await visit(page, at(`/runs/${run.id}`));
      await hub.user.post(`/runs/${run.id}/execute`, {});
      await page.getByText(/no live connection/).waitFor();
      const log = page.getByRole('log');
      await log.getByText(/Executing 1 statement/).waitFor();
      await page.unroute('**/stream');
      await page.getByText('live', { exact: true }).waitFor();
      await release();
      await page.getByRole('heading', { name: /executed/ }).waitFor();
      await page.getByText('complete', { exact: true }).waitFor();
      // Nothing is missing, and nothing came twice.
      const { items } = await hub.user.get(`/runs/${run.id}/logs`);
      const shown = await log.innerText();
      const times = (text, word) => text.split(word).length - 1;
      const all = items.map(({ message }) => message).join('\n');
      for (const { message } of items) {
        assert.equal(times(shown, message), times(all, message), message);
      }
      assert.deepEqual(await stg.rows('select number from visits'), [
        { number: 4 },
      ]);
    },
  );

  step(
    'in prd the key is typed before anything is approved',
    theManager,
    async page => {
      const run = await request('prd');
      await visit(page, at(`/runs/${run.id}`));
      await button(page, /^Approve 1 target in prd/).click();
      const dialog = page.getByRole('dialog');
      const confirm = dialog.getByRole('button', { name: /^Approve/ });
      const name = dialog.getByLabel(`Type “${key}” to confirm`);
      await name.fill(project);
      assert.ok(await confirm.isDisabled());
      await name.fill(key);
      await confirm.click();
      await page.getByText('1 of 1 that are needed').waitFor();
    },
  );

  step(
    'keys lead to the search and to the list of keys',
    theUser,
    async page => {
      await visit(page, at('/migrations'));
      const search = page.getByRole('searchbox', { name: 'Search' });
      await search.waitFor();
      await page.keyboard.press('/');
      await page.keyboard.type(key);
      await page.waitForURL(`**/migrations?q=${key}`);
      assert.equal(await search.inputValue(), key);
      await search.blur();
      await page.keyboard.press('?');
      const help = page.getByRole('dialog', { name: 'Keyboard' });
      await help.getByText('Go to the search field').waitFor();
      await page.keyboard.press('Escape');
      await help.waitFor({ state: 'detached' });
    },
  );

  step(
    'an error says what happened, and the id to ask about',
    theUser,
    async page => {
      const answer = page.waitForResponse(
        response => response.status() === 404,
      );
      await visit(page, at(`/runs/${randomUUID()}`));
      const id = (await answer).headers()['x-request-id'];
      await page.getByRole('alert').getByText(id).waitFor();
      await button(page, 'Copy Request id').waitFor();
    },
  );

  step('a project is archived by its typed key only', theUser, async page => {
    await visit(page, at(`/databases?project=${project}`));
    await button(page, 'Archive').click();
    const dialog = page.getByRole('dialog');
    const confirm = dialog.getByRole('button', { name: 'Archive Together' });
    const name = dialog.getByLabel(`Type “${project}” to confirm`);
    await name.fill('Together');
    assert.ok(await confirm.isDisabled());
    await name.fill(project);
    await confirm.click();
    await dialog.waitFor({ state: 'detached' });
    assert.equal((await hub.user.get(`/projects/${project}`)).archived, true);
  });
});

const button = (page, name) =>
  page.getByRole('button', { name, exact: typeof name === 'string' }).first();
