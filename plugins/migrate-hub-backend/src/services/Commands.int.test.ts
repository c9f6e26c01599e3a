import { Knex } from 'knex';
import { Caller } from './context';
import { keepPlan } from '../store/keptPlans';
import { limitQueries } from '../store/queryLimits';
import { createTestDatabase } from '../testing/testDatabase';
import { Commands } from './Commands';

it('a command goes through where an upgrade has changed what connections had planned', async () => {
  const { knex, drop } = await createTestDatabase();
  // From now on; those that made the tables keep no plans.
  limitQueries(knex, { timeoutMs: 10_000, graceMs: 10_000 });
  await knex.raw('create table upgraded (id int)');
  const ask = (tx: Knex) => keepPlan(tx.raw('select * from upgraded'));
  const columnsOf = async (tx: Knex) =>
    (await ask(tx)).fields.map(({ name }: { name: string }) => name);
  // More of them than a deadlock is tried again.
  const transactions = await Promise.all(
    [1, 2, 3, 4, 5].map(() => knex.transaction()),
  );
  for (const tx of transactions) {
    await ask(tx);
    await tx.commit();
  }
  await knex.raw('alter table upgraded add column name text');
  const columns = await Commands.create(knex).run(
    { caller: {} as Caller },
    columnsOf,
  );
  expect(columns).toEqual(['id', 'name']);
  await drop();
});
