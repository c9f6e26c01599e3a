import { testServer } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import knexFactory, { Knex } from 'knex';
import { keepPlan } from './keptPlans';
import { limitQueries } from './queryLimits';
import { together } from './together';

let knex: Knex;

beforeEach(() => {
  const server = testServer('postgres');
  if (!server) throw new Error('the hub cannot be tested without PostgreSQL');
  knex = knexFactory({
    client: 'pg',
    connection: {
      host: server.host,
      port: server.port,
      user: server.username,
      password: server.password,
      database: 'postgres',
    },
    // One: what it keeps is seen by the next statement.
    pool: { min: 0, max: 1 },
  });
  limitQueries(knex, { timeoutMs: 10_000, graceMs: 10_000 });
});

afterEach(async () => {
  await knex.destroy();
});

const kept = async () => {
  const { rows } = await knex.raw(
    `select statement from pg_prepared_statements where name like 'migrate_hub_%'`,
  );
  return rows.map((row: { statement: string }) => row.statement);
};

it('keeps a plan of what is marked, once for each text, and of nothing else', async () => {
  for (const value of [1, 2, 3]) {
    const { rows } = await keepPlan(knex.raw('select ?::int as n', [value]));
    expect(rows).toEqual([{ n: value }]);
    await knex.raw('select ?::int as other', [value]);
  }
  expect(await kept()).toEqual(['select $1::int as n']);
});

it('what the server never does is told at once, and costs no connection', async () => {
  const session = async () =>
    (await knex.raw('select pg_backend_pid() as pid')).rows;
  const before = await session();
  const ask = keepPlan(knex.raw('select count(*) from pg_class for update'));
  await expect(ask).rejects.toMatchObject({ code: '0A000' });
  expect(await session()).toEqual(before);
});

describe('an upgrade that changes a table', () => {
  const ask = (tx: Knex) => keepPlan(tx.raw('select * from upgraded'));

  beforeEach(async () => {
    await knex.raw('create temporary table upgraded (id int)');
    await ask(knex);
    await knex.raw('alter table upgraded add column name text');
  });

  // Temporary tables are gone with the connection: then another one has been made.
  const isReplaced = () =>
    expect(ask(knex)).rejects.toMatchObject({ code: '42P01' });

  it('costs no answer, and the connection is replaced', async () => {
    const { rows, fields } = await ask(knex);
    expect(rows).toEqual([]);
    expect(fields.map(({ name }: { name: string }) => name)).toEqual([
      'id',
      'name',
    ]);
    await isReplaced();
  });

  it('costs the transaction that meets it, and no other after it', async () => {
    await expect(knex.transaction(ask)).rejects.toMatchObject({
      code: '0A000',
    });
    await isReplaced();
  });
});

describe('together', () => {
  const rows = (found: unknown[]) => found;

  it('answers in the order of the questions, from builders and from SQL', async () => {
    const ask = (tx: Knex) =>
      together(tx, [
        { query: tx.raw('select ?::int as a', [1]), read: rows },
        {
          query: tx
            .select('datname')
            .from('pg_database')
            .where('datname', 'postgres'),
          read: rows,
        },
      ]);
    const answers = [[{ a: 1 }], [{ datname: 'postgres' }]];
    expect(await ask(knex)).toEqual(answers);
    expect(await knex.transaction(tx => ask(tx))).toEqual(answers);
  });

  it('one that fails fails them all, and the connection goes on', async () => {
    const ask = together(knex, [
      { query: knex.raw('select 1 as a'), read: rows },
      { query: knex.raw('select 1 / 0'), read: rows },
      { query: knex.raw('select 2 as b'), read: rows },
    ]);
    await expect(ask).rejects.toThrow('division by zero');
    expect((await knex.raw('select 3 as c')).rows).toEqual([{ c: 3 }]);
  });
});
