// How long until the list of migrations is of use, with 100,000 of them? In Chromium, see README.md.
import pg from 'pg';
import { enterPortal, launchBrowser } from '../scripts/browser/lib/browser.mjs';
import { percentile, publish } from './lib/report.mjs';
import { startServedPortal } from './lib/servedPortal.mjs';

const MIGRATIONS = Number(process.env.MIGRATIONS ?? 100_000);
const TIMES = Number(process.env.TIMES ?? 7);

const portal = await startServedPortal({ name: 'list-100k' });
const browser = await launchBrowser();
try {
  await generateMigrations();
  const page = await browser.newPage({ baseURL: portal.url });
  await enterPortal(page, {
    backendUrl: portal.url,
    appUrl: portal.url,
    account: portal.accounts[2],
    path: '/migrate-hub',
  });
  await page.getByText('Recent activity').waitFor();

  const rows = page.getByRole('table', { name: 'Migrations' }).locator('tbody');
  const first = key => rows.getByText(key).first().waitFor();
  /** From the act until the first of the expected rows can be read. */
  const timed = async (act, key) => {
    const start = performance.now();
    await act();
    await first(key);
    return performance.now() - start;
  };
  const go = path => () => page.goto(`/migrate-hub${path}`);
  const newest = `bulk-${String(MIGRATIONS).padStart(6, '0')}`;
  const measures = {
    'the whole portal, opened at the list': async () =>
      timed(go('/migrations'), newest),
    'the list, from the dashboard': async () => {
      await go('')();
      await page.getByText('Recent activity').waitFor();
      return timed(
        () =>
          page.getByRole('link', { name: 'Migrations', exact: true }).click(),
        newest,
      );
    },
    'the next page': async () => {
      await go('/migrations')();
      await first(newest);
      return timed(
        () => page.getByRole('button', { name: 'Next' }).click(),
        `bulk-${String(MIGRATIONS - 50).padStart(6, '0')}`,
      );
    },
    // Typing is waited out for 300 ms, so that not every letter is asked for.
    'a search for one of them': async () => {
      await go('/migrations')();
      await first(newest);
      return timed(
        () => page.getByRole('searchbox').first().fill('bulk-000777'),
        'bulk-000777',
      );
    },
    'a state of one environment': async () =>
      timed(go('/migrations?environment=stg&state=executed'), 'bulk-'),
  };
  const medians = {};
  for (const [name, measure] of Object.entries(measures)) {
    await measure();
    const taken = [];
    for (let n = 0; n < TIMES; n += 1) taken.push(await measure());
    medians[name] = percentile(taken, 50);
  }
  publish(
    'list-100k',
    Object.entries(medians).map(([what, ms]) => ({ what, 'median, ms': ms })),
    { migrations: MIGRATIONS, times: TIMES },
  );
} finally {
  await browser.close();
  await portal.stop();
}

/** 20 projects; each migration with one version and a state in each environment. */
async function generateMigrations() {
  const client = new pg.Client({
    ...portal.postgres,
    database: 'backstage_plugin_migrate-hub',
  });
  await client.connect();
  await client.query(
    `
    create temporary table who as select id from users where role = 'user' limit 1;
    insert into sql_texts (checksum, sql) values (repeat('b', 64), 'select 1;');
    insert into projects (id, key, name, created_by)
      select gen_random_uuid(), 'bulk-' || n, 'Bulk ' || n, (select id from who)
        from generate_series(1, 20) n;
    create temporary table p as
      select id, row_number() over (order by key) - 1 as n from projects where key like 'bulk-%';
    insert into migrations
        (id, project_id, key, name, jira, version, created_by, updated_by, created_at, updated_at)
      select gen_random_uuid(), p.id, 'bulk-' || lpad(g.n::text, 6, '0'),
             'Change ' || g.n || ' of the tables of the shop', 'BULK-' || g.n, 1,
             (select id from who), (select id from who),
             now() - make_interval(mins => ${MIGRATIONS} - g.n), now() - make_interval(mins => ${MIGRATIONS} - g.n)
        from generate_series(1, ${MIGRATIONS}) g (n) join p on p.n = g.n % 20;
    insert into migration_versions (migration_id, version, checksum_up, transaction_mode, created_by)
      select id, 1, repeat('b', 64), 'auto', created_by from migrations where key like 'bulk-%';
    insert into environment_states (migration_id, environment, state, executed, total)
      select m.id, e.name,
             (array['executed', 'executed', 'approved', 'awaiting_approve', 'draft'])
               [1 + (hashtext(m.key || e.name) & 2147483647) % 5], 1, 1
        from migrations m cross join (values ('daily'), ('stg'), ('prd')) e (name)
       where m.key like 'bulk-%';
    analyze;`,
  );
  await client.end();
}
