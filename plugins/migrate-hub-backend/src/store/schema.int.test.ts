import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { randomBytes } from 'crypto';
import knexFactory, { Knex } from 'knex';
import { openDatabase } from './Database';
import { ownershipOfTrail, ownershipText } from './ownership';
import { createTestDatabase } from '../testing/testDatabase';

const directory = resolvePackagePath(
  '@migrate-hub/backstage-plugin-migrate-hub-backend',
  'migrations',
);

let knex: Knex;
let drop: () => Promise<void>;

beforeEach(async () => {
  ({ knex, drop } = await createTestDatabase());
});
afterEach(async () => drop());

const tables = async () => {
  const { rows } = await knex.raw(
    `select table_name from information_schema.tables
      where table_schema = 'public' and table_name not like 'knex_%' order by 1`,
  );
  return rows.map((row: { table_name: string }) => row.table_name);
};

it('goes down to nothing and up again', async () => {
  const before = await tables();
  expect(before).toContain('audit_events');
  await knex.migrate.rollback({ directory }, true);
  expect(await tables()).toEqual([]);
  await knex.migrate.latest({ directory });
  expect(await tables()).toEqual(before);
});

it('refuses to change or empty what is append-only, whoever asks', async () => {
  const appendOnly = [
    'approvals',
    'audit_checkpoints',
    'audit_events',
    'audit_links',
    'migration_versions',
    'plans',
    'run_revisions',
    'sql_texts',
  ];
  for (const table of appendOnly) {
    await expect(knex.raw(`truncate ${table} cascade`)).rejects.toThrow(
      'append-only',
    );
  }
  await knex('sql_texts').insert({ checksum: 'a'.repeat(64), sql: 'select 1' });
  await expect(
    knex('sql_texts').update({ sql: 'drop table users' }),
  ).rejects.toThrow('append-only');
  await expect(knex('sql_texts').delete()).rejects.toThrow('append-only');
  expect(await knex('sql_texts').first('sql')).toEqual({ sql: 'select 1' });
});

it('knows whether the hub could switch off what makes tables append-only', async () => {
  const role = `owner_${randomBytes(6).toString('hex')}`;
  await knex.raw('create role ??', [role]);
  try {
    const [{ current_user: hub }] = (await knex.raw('select current_user'))
      .rows;
    expect(await ownershipOfTrail(knex)).toEqual({ owner: hub, isOurs: true });
    // A superuser is whatever role there is, so look as one who is none.
    await knex.transaction(async tx => {
      await tx.raw('set local role ??', [role]);
      const ownership = await ownershipOfTrail(tx);
      expect(ownership).toEqual({ owner: hub, isOurs: false });
      expect(ownershipText(ownership)).toContain('another role');
    });
  } finally {
    await knex.raw('drop role ??', [role]);
  }
});

it('has an index for every foreign key', async () => {
  const { rows } = await knex.raw(`
    select c.conrelid::regclass::text as referencing, c.conname
      from pg_constraint c
     where c.contype = 'f'
       and not exists (
         select from pg_index i
          where i.indrelid = c.conrelid
            and (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey
            and c.conkey @> (i.indkey::int2[])[0:cardinality(c.conkey) - 1])`);
  expect(rows).toEqual([]);
});

it('does not start on another database than PostgreSQL, and names the setting', async () => {
  const other = knexFactory({ client: 'mysql2', connection: {} });
  await expect(openDatabase({ getClient: async () => other })).rejects.toThrow(
    /backend\.database\.client is 'mysql2'/,
  );
  await other.destroy();
});
