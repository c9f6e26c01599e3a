// How long until the page of a run with 1,001 targets is of use, and does it stay quick while they run? In Chromium, see README.md.
/* global window */
import { enterPortal, launchBrowser } from '../scripts/browser/lib/browser.mjs';
import { signIn } from '../scripts/lib/demo/hubClient.mjs';
import { step } from '../scripts/lib/progress.mjs';
import { readArguments } from './lib/arguments.mjs';
import { createFleet, registerFleet } from './lib/fleet.mjs';
import { approvedRun } from './lib/hubRuns.mjs';
import { median, publish } from './lib/report.mjs';
import { startServedPortal } from './lib/servedPortal.mjs';
import { execute, serverOf } from './lib/servers.mjs';

const { targets, rounds } = readArguments({ targets: 1001, rounds: 5 });

/** Where there is a table `gate` with a row, it goes on when the row is gone. */
const sqlUp = `create table page_of_run (id int primary key);
do $$ begin
  if to_regclass('gate') is not null then
    while exists (select from gate) loop perform pg_sleep(0.005); end loop;
  end if;
end $$;
insert into page_of_run values (1);
`;

const server = serverOf('postgres');
const portal = await startServedPortal({
  name: 'run-page',
  config: {
    // A fleet is made in seconds here, not in days.
    limits: { connectionTestsPerMinute: 1_000_000 },
    // In production it is not unless it is asked for.
    reach: { allow: ['127.0.0.1'] },
  },
});
const fleet = await step(`Making ${targets} databases`, () =>
  createFleet(server, targets),
);
const browser = await launchBrowser();
try {
  // As many as are measured are held, a worker is left for the others.
  const held = fleet.databases.slice(0, rounds);
  for (const database of held) {
    await execute(
      server,
      ['create table gate (id int)', 'insert into gate values (1)'],
      database,
    );
  }
  const people = await signInAll();
  const { project, dbSetId } = await step('Making them targets', () =>
    registerFleet(people, fleet),
  );
  const run = await approvedRun(await signInAll(), {
    ...{ project, dbSetIds: [dbSetId], key: `${project}-1`, sqlUp },
  });

  const page = await browser.newPage({
    baseURL: portal.url,
    viewport: { width: 1280, height: 900 },
  });
  await page.addInitScript(watchLongTasks);
  await enterPortal(page, {
    backendUrl: portal.url,
    appUrl: portal.url,
    account: portal.accounts[0],
    path: `/migrate-hub/runs/${run.id}`,
  });
  const table = page.getByRole('table', { name: 'Targets' });
  const rowCount = count =>
    page.locator(`[role=table][aria-rowcount="${count + 1}"]`).waitFor();
  const filter = name =>
    page.getByRole('group', { name: 'Targets' }).getByRole('button', { name });

  const timed = async act => {
    const start = performance.now();
    await act();
    return performance.now() - start;
  };
  const repeated = async act => {
    await act();
    const taken = [];
    for (let n = 0; n < rounds; n += 1) taken.push(await act());
    return median(taken);
  };
  const complete = async () => {
    await rowCount(targets);
    await table.getByText(fleet.databases[0], { exact: true }).waitFor();
  };
  const results = {
    'the whole portal, opened at the run': await repeated(() =>
      timed(async () => {
        await page.goto(`/migrate-hub/runs/${run.id}`);
        await complete();
      }),
    ),
    'the run, from the list of runs': await repeated(async () => {
      await page.goto('/migrate-hub/runs');
      const link = page.getByRole('link', { name: `${project}-1` }).first();
      await link.waitFor();
      return timed(async () => {
        await link.click();
        await complete();
      });
    }),
    'scrolled to the last target': await repeated(async () => {
      await scroll(table, 0);
      await table.getByText(fleet.databases[0], { exact: true }).waitFor();
      return timed(async () => {
        await scroll(table, 1);
        await table
          .getByText(fleet.databases[targets - 1], { exact: true })
          .waitFor();
      });
    }),
  };

  const { user } = await signInAll();
  await page.evaluate(() => window.longTasks.splice(0));
  await user.post(`/runs/${run.id}/execute`, {});
  const rest = targets - held.length;
  const ran = await timed(() =>
    filter(`Done ${rest}`).waitFor({ timeout: 600_000 }),
  );
  const tasks = await page.evaluate(() => window.longTasks.splice(0));
  results['filtered to what runs'] = await repeated(async () => {
    await filter(/^All/).click();
    await rowCount(targets);
    return timed(async () => {
      await filter(/^Running/).click();
      await rowCount(held.length);
    });
  });
  const updates = [];
  for (const [n, database] of held.entries()) {
    updates.push(
      await timed(async () => {
        await execute(server, ['delete from gate'], database);
        await filter(`Done ${rest + n + 1}`).waitFor();
      }),
    );
  }
  results['a target that ends, until the page says so'] = median(updates);
  results['longest time the page stood still while they ran'] = Math.max(
    0,
    ...tasks,
  );
  publish(
    'run-page',
    Object.entries(results).map(([what, ms]) => ({ what, ms })),
    { targets, rounds, 'all ran in, s': ran / 1000 },
  );
} finally {
  await browser.close();
  await portal.stop();
  await fleet.drop();
}

/** To the top (0) or the end (1) of the table. */
async function scroll(table, to) {
  await table.evaluate((element, share) => {
    const scroller = element.parentElement;
    scroller.scrollTop = share * scroller.scrollHeight;
  }, to);
}

/** Anew: tokens are short-lived. */
async function signInAll() {
  const [user, manager] = await Promise.all(
    portal.accounts
      .slice(0, 2)
      .map(account =>
        signIn({ backendUrl: portal.url, appUrl: portal.url, ...account }),
      ),
  );
  return { user, manager };
}

/** In the page: keeps how long each task took that held the page up for 50 ms and more. */
function watchLongTasks() {
  window.longTasks = [];
  new PerformanceObserver(list => {
    for (const { duration } of list.getEntries()) {
      window.longTasks.push(duration);
    }
  }).observe({ type: 'longtask' });
}
