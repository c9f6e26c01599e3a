import { Knex } from 'knex';
import { Caller } from './context';
import { keepPlan } from '../store/keptPlans';
import { limitQueries } from '../store/queryLimits';
import { createTestDatabase } from '../testing/testDatabase';
import { Commands } from './Commands';

const anybody = { caller: {} as Caller };

let knex: Knex;
let drop: () => Promise<void>;

beforeEach(async () => {
  ({ knex, drop } = await createTestDatabase());
});
afterEach(() => drop());

const failWith = (tx: Knex, code: string) =>
  tx.raw(`do $$ begin raise 'no' using errcode = '${code}'; end $$`);

describe('an upgrade has changed what connections had planned', () => {
  const ask = (tx: Knex) => keepPlan(tx.raw('select * from upgraded'));
  const columnsOf = async (tx: Knex) =>
    (await ask(tx)).fields.map(({ name }: { name: string }) => name);

  beforeEach(async () => {
    // From now on; those that made the tables keep no plans.
    limitQueries(knex, { timeoutMs: 10_000, graceMs: 10_000 });
    await knex.raw('create table upgraded (id int)');
    // More of them than a deadlock is tried again.
    const transactions = await Promise.all(
      [1, 2, 3, 4, 5].map(() => knex.transaction()),
    );
    for (const tx of transactions) {
      await ask(tx);
      await tx.commit();
    }
    await knex.raw('alter table upgraded add column name text');
  });

  it('a command goes through', async () => {
    const columns = await Commands.create(knex).run(anybody, columnsOf);
    expect(columns).toEqual(['id', 'name']);
  });

  it('and so it does if it meets a deadlock after that', async () => {
    let deadlocks = 0;
    const columns = await Commands.create(knex).run(anybody, async tx => {
      const found = await columnsOf(tx);
      deadlocks += 1;
      if (deadlocks <= 2) await failWith(tx, '40P01');
      return found;
    });
    expect(columns).toEqual(['id', 'name']);
    expect(deadlocks).toBe(3);
  });
});

it.each([
  { what: 'a deadlock', code: '40P01', times: 3 },
  { what: 'something that the server never does', code: '0A000', times: 1 },
])('a command that meets $what each time is tried $times times', async one => {
  let times = 0;
  const command = Commands.create(knex).run(anybody, async tx => {
    times += 1;
    await failWith(tx, one.code);
  });
  await expect(command).rejects.toMatchObject({ code: one.code });
  expect(times).toBe(one.times);
});
