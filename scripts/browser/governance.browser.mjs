// What takes two: a weaker policy of prd, the next wave of a run, a broken glass. In the browser, with real databases.
import assert from 'node:assert/strict';
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

const [user, manager, admin, chief] = accounts;

describe('what takes two', () => {
  let browser;
  let databases;
  let hub;
  let asAdmin;
  let asChief;
  let run;
  before(async () => {
    browser = await launchBrowser();
    hub = {
      user: await callHub(user),
      manager: await callHub(manager),
      admin: await callHub(admin),
    };
    databases = [await createStoryDatabase(), await createStoryDatabase()];
    asAdmin = await startSession(browser, 'the admin');
    asChief = await startSession(browser, 'the chief');
    await Promise.all([enter(asAdmin.page, admin), enter(asChief.page, chief)]);
  });
  after(async () => {
    await setDaily({ canary: undefined, freezes: undefined });
    await browser.close();
    for (const database of databases) await database.drop();
  });

  const step = (name, who, story) => test(name, () => who().run(name, story));
  const theAdmin = () => asAdmin;
  const theChief = () => asChief;

  step('an admin proposes a weaker policy of prd', theChief, async page => {
    await visit(page, '/migrate-hub/admin?view=policies&policy=prd');
    await button(page, 'Edit the policy of prd').click();
    await page.getByLabel(/Let a statement take/).fill('7200');
    await page.getByText(/another admin has to confirm/).waitFor();
    await button(page, 'Propose the policy of prd').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/Why/).fill('Large indexes take longer');
    await confirm(dialog, 'prd', 'Propose the policy of prd');
    await page.getByText('A change waits for a second admin').waitFor();
    // Nobody confirms what was proposed in his own name.
    const own = button(page, 'Confirm the policy of prd');
    assert.equal(await own.getAttribute('aria-disabled'), 'true');
    assert.equal(await statementTimeout(), 3600);
  });

  step('another finds it waiting, and confirms', theAdmin, async page => {
    await visit(page, '/migrate-hub');
    await page
      .getByRole('link', { name: 'Confirm a weaker policy of prd' })
      .click();
    await page
      .getByText(/Large indexes take longer/)
      .first()
      .waitFor();
    await button(page, 'Confirm the policy of prd').click();
    const dialog = page.getByRole('dialog');
    await confirm(dialog, 'prd', 'Confirm the policy of prd');
    await page
      .getByText('Waiting at most 2 hours for a statement.', { exact: true })
      .waitFor();
    await page.getByText('A change waits').waitFor({ state: 'detached' });
    assert.equal(await statementTimeout(), 7200);
  });

  step(
    'a canary goes first, and the rest waits for a person',
    theChief,
    async page => {
      await setDaily({ canary: { targets: 1, then: 'person' } });
      await makeInventory();
      run = await approvedRun('gov-1', 'create table canary (id int);');
      await visit(page, `/migrate-hub/runs/${run.id}`);
      await act(page, /^Execute on 2 targets in daily/);
      await page.getByText('Waits for a person').waitFor();
      assert.deepEqual(await tables(), [['canary'], []]);
      await act(page, 'Let wave 2 start on 1 target');
      await page.getByRole('heading', { name: /executed/ }).waitFor();
      assert.deepEqual(await tables(), [['canary'], ['canary']]);
    },
  );

  step(
    'in a freeze one admin asks to break the glass',
    theChief,
    async page => {
      await setDaily({ canary: undefined });
      run = await approvedRun('gov-2', 'create table urgent (id int);');
      const now = Date.now();
      await setDaily({
        freezes: [
          {
            from: new Date(now - 3_600_000).toISOString(),
            to: new Date(now + 3_600_000).toISOString(),
            reason: 'Black Friday',
          },
        ],
      });
      await visit(page, `/migrate-hub/runs/${run.id}`);
      const execute = button(page, /^Execute on 2 targets in daily/);
      await execute.waitFor();
      assert.equal(await execute.getAttribute('aria-disabled'), 'true');
      await page
        .getByText(/Black Friday/)
        .first()
        .waitFor();
      await button(page, 'Break the glass').click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel(/Why can it not wait/).fill('The shop is down');
      await dialog.getByRole('button', { name: 'Break the glass' }).click();
      await page.getByText(/asks to start it against the clock/).waitFor();
      assert.equal((await hub.user.get(`/runs/${run.id}`)).status, 'approved');
    },
  );

  step('another confirms, and it is marked', theAdmin, async page => {
    await visit(page, '/migrate-hub');
    await page
      .getByRole('link', { name: /gov-2 against the clock in daily/ })
      .click();
    await act(page, 'Confirm: start against the clock');
    await page.getByRole('heading', { name: /executed/ }).waitFor();
    await page.getByText(/The glass was broken/).waitFor();
    assert.deepEqual(await tables(), [
      ['canary', 'urgent'],
      ['canary', 'urgent'],
    ]);
    await visit(page, '/migrate-hub/runs');
    await page
      .getByRole('row', { name: /gov-2/ })
      .getByText('glass broken')
      .waitFor();
    await visit(
      page,
      `/migrate-hub/admin?view=audit&action=run.break_glass_confirmed`,
    );
    await page.getByText('against the clock').first().waitFor();
  });

  const tables = () => Promise.all(databases.map(one => one.tables()));
  const statementTimeout = async () =>
    (await hub.admin.get('/settings/environments/prd')).policy
      .statementTimeoutSeconds;

  /** The environment is not protected: one admin is enough. */
  async function setDaily(rules) {
    const { policy, revision } = await hub.admin.get(
      '/settings/environments/daily',
    );
    await hub.admin.put('/settings/environments/daily', {
      policy: { ...policy, ...rules },
      expectedRevision: revision,
    });
  }

  let dbSet;
  async function makeInventory() {
    await hub.user.post('/projects', { key: 'gov', name: 'Governance' });
    dbSet = await hub.user.post('/db-sets', {
      project: 'gov',
      environment: 'daily',
      name: 'gov_daily',
    });
    for (const [index, { connection }] of databases.entries()) {
      await hub.user.post('/db-targets', {
        dbSetId: dbSet.id,
        name: `gov_${index + 1}`,
        engine: 'postgres',
        ...connection,
      });
    }
  }

  async function approvedRun(key, sqlUp) {
    const migration = await hub.user.post('/migrations', {
      project: 'gov',
      key,
      name: `Story ${key}`,
      sqlUp,
    });
    const { id, digest } = await hub.user.post(
      `/migrations/${migration.id}/runs`,
      { environment: 'daily', dbSetIds: [dbSet.id], type: 'apply' },
    );
    await hub.manager.post(`/runs/${id}/approvals`, {
      decision: 'approve',
      digest,
    });
    return { id };
  }
});

const button = (page, name) =>
  page.getByRole('button', { name, exact: typeof name === 'string' });

/** Types the name that is asked for, and presses the button of the dialog. */
async function confirm(dialog, name, label) {
  await dialog.getByLabel(`Type “${name}” to confirm`).fill(name);
  await dialog.getByRole('button', { name: label }).click();
  await dialog.waitFor({ state: 'detached' });
}

/** Presses the button of an act, and the same one in the dialog that asks. */
async function act(page, name) {
  await button(page, name).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name }).click();
  await dialog.waitFor({ state: 'detached' });
}
