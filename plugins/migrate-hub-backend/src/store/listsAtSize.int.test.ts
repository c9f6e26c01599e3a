import { Knex } from 'knex';
import { createTestDatabase } from '../testing/testDatabase';
import { takeUnlinked } from './auditChain';
import { environmentCounts, totals } from './dashboard';
import { newId } from './Database';
import { countAppliedByUs, holdingsOf, lastItemsOf } from './holdings';
import { listMigrations, statesOf } from './migrations';
import { listRuns } from './runLists';
import { countSecrets } from './secrets';

const MANY = 20_000;

/** A store with many of everything: no answer may take longer the longer a company works. */
describe('a store with the records of years', () => {
  let knex: Knex;
  let drop: () => Promise<void>;
  const person = newId();
  /** A migration that stands on two thousand targets. */
  let fleet: string;

  beforeAll(async () => {
    ({ knex, drop } = await createTestDatabase());
    await knex.raw(
      `
      insert into users (id, entity_ref, name, kind, provider, role)
      values ('${person}', 'user:default/p', 'P', 'person', 'local', 'user');
      insert into projects (id, key, name, created_by)
      values (gen_random_uuid(), 'shop', 'Shop', '${person}');
      insert into sql_texts (checksum, sql) values (repeat('a', 64), 'select 1;');
      insert into plans (hash, checksum, engine, mode, statement_count, transactional_count, plan, problems)
      values (repeat('b', 64), repeat('a', 64), 'postgres', 'stepwise', 1, 1, '', '[]');
      insert into migrations (id, project_id, key, name, version, created_by, updated_by, created_at, updated_at)
      select gen_random_uuid(), p.id, 'change-' || n, 'Change ' || md5(n::text), 1, '${person}', '${person}', at, at
        from projects p, generate_series(1, ${MANY}) n,
             lateral (select now() - n * interval '1 minute' as at) t;
      insert into migration_versions (migration_id, version, checksum_up, transaction_mode, created_by)
      select id, 1, repeat('a', 64), 'auto', '${person}' from migrations;
      insert into environment_states (migration_id, environment, state, executed, total)
      select id, 'prd', case when key like '%77' then 'awaiting_approve' else 'executed' end, 1, 1 from migrations;
      insert into runs (id, migration_id, project_id, environment, engine, type, status, revision, requested_by, created_at)
      select gen_random_uuid(), id, project_id, 'prd', 'postgres', 'apply',
             case when key like '%99' then 'failed' else 'executed' end, 1, '${person}', created_at
        from migrations;
      insert into runs (id, migration_id, project_id, environment, engine, type, status, revision, requested_by, created_at)
      select gen_random_uuid(), id, project_id, 'prd', 'postgres', 'apply', 'executed', 1, '${person}', now() - n * interval '1 day'
        from migrations, generate_series(1, 2000) n where key = 'change-1';
      insert into run_revisions (run_id, revision, migration_id, version, plan_hash, checksum, policy, binding, digest, cause)
      select id, 1, migration_id, 1, repeat('b', 64), repeat('a', 64), '{}', '{}', repeat('c', 64), 'requested' from runs;
      insert into db_sets (id, project_id, environment, name, created_by)
      select gen_random_uuid(), id, 'prd', 'tenants', '${person}' from projects;
      insert into db_targets (id, db_set_id, name, engine, host, port, database, username, secret, tls, history_table, created_by)
      select gen_random_uuid(), id, 'tenant-' || n, 'postgres', 'db', 5432, 'd', 'u', '', '{}', 'migrations', '${person}'
        from db_sets, generate_series(1, 2000) n;
      insert into run_items (id, run_id, migration_id, target_id, ordinal, open, status, outcome, checksum_up, finished_at)
      select gen_random_uuid(), r.id, r.migration_id, t.id, 0, false, 'executed', 'applied', repeat('a', 64), now()
        from (select id, row_number() over () as n from db_targets) t
        join (select r.*, row_number() over () as n from runs r join migrations m on m.id = r.migration_id
               where m.key = 'change-1') r using (n);
      insert into audit_events (id, at, action, entity_type, entity_id, payload, canonical, hash)
      select gen_random_uuid(), now(), 'login.succeeded', 'user', '1', '{}', 'x', repeat('0', 64)
        from generate_series(1, ${MANY});
      insert into sessions (id, user_id, provider, secret_hash, expires_at, upstream_token)
      select gen_random_uuid(), '${person}', 'google', sha256(n::text::bytea), now(), case when n < 10 then 'v1.key.x' end
        from generate_series(1, ${MANY}) n;
      `,
    );
    ({ id: fleet } = await knex('migrations')
      .where({ key: 'change-1' })
      .first('id'));
    // The planner sees a long outbox; then it is emptied, all but what came last.
    await knex.raw('analyze');
    await knex.raw(`
      delete from audit_outbox where event_id not in (
        select event_id from audit_outbox order by event_id desc limit 3)`);
    const connection = await knex.client.acquireConnection();
    await connection.query('vacuum migrations, environment_states, runs');
    await knex.client.releaseConnection(connection);
  });
  afterAll(() => drop());

  /** How the server would go about what an act asks it. */
  async function plansOf(act: () => Promise<unknown>): Promise<string> {
    const asked: { sql: string; bindings: Knex.RawBinding[] }[] = [];
    knex.on('query', query => asked.push(query));
    await act();
    knex.removeAllListeners('query');
    const plans: string[] = [];
    for (const { sql, bindings } of asked) {
      if (!/^\s*select/.test(sql)) continue;
      const text = sql.replace(/\$\d+/g, '?');
      const { rows } = await knex.raw(`explain ${text}`, bindings);
      plans.push(
        ...rows.map((row: Record<string, string>) => row['QUERY PLAN']),
      );
    }
    return plans.join('\n');
  }

  const page = { limit: 50 };

  it.each<[string, () => Promise<unknown>]>([
    ['the newest migrations', () => listMigrations(knex, {}, page)],
    [
      'a search that finds nothing',
      () => listMigrations(knex, { q: 'nowhere to be found' }, page),
    ],
    [
      'a state that few migrations have',
      () =>
        listMigrations(
          knex,
          { state: { environment: 'prd', state: 'awaiting_approve' } },
          page,
        ),
    ],
    [
      'archived migrations, of which there are none',
      () => listMigrations(knex, { archived: true }, page),
    ],
    [
      'rollbacks, of which there are none',
      () => listRuns(knex, { type: 'rollback' }, { ...page, order: 'newest' }),
    ],
    ['what the dashboard counts', () => environmentCounts(knex)],
    ['how many there are', () => totals(knex)],
    ['what targets hold of a migration', () => holdingsOf(knex, fleet)],
    ['what runs did last on each target', () => lastItemsOf(knex, fleet)],
    ['where migrations stand', () => statesOf(knex, [fleet])],
    [
      'where a run of ours applied a version',
      () =>
        countAppliedByUs(knex, {
          migrationId: fleet,
          checksumUp: 'a'.repeat(64),
          targetIds: [person],
        }),
    ],
    ['how many secrets each key has', () => countSecrets(knex)],
    [
      'events that are not linked',
      () => knex.transaction(tx => takeUnlinked(tx, 2_000)),
    ],
  ])('reads no table from end to end for %s', async (_, act) => {
    const plan = await plansOf(act);
    expect(plan).toContain('Index');
    expect(plan).not.toMatch(
      /Seq Scan on (migrations|environment_states|runs|run_revisions|audit_events|sessions)/,
    );
  });

  it('looks events up that wait to be linked, however long the outbox once was', async () => {
    const plan = await plansOf(() =>
      knex.transaction(tx => takeUnlinked(tx, 2_000)),
    );
    expect(plan).toMatch(
      /audit_events_pkey on audit_events.*\n\s+Index Cond: \(id = o\.event_id\)/,
    );
  });

  it('counts what there is', async () => {
    expect(await totals(knex)).toMatchObject({ projects: 1, migrations: MANY });
    expect(await environmentCounts(knex)).toEqual([
      { environment: 'prd', executed: 19_800, waiting: 200, failed: 200 },
    ]);
    await knex('migrations')
      .where({ key: 'change-1' })
      .update({ archived_at: knex.fn.now() });
    expect(await totals(knex)).toMatchObject({ migrations: MANY - 1 });
  });
});
