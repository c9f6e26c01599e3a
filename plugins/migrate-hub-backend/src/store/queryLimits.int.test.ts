import {
  TcpProxy,
  testServer,
  waitUntil,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import knexFactory, { Knex } from 'knex';
import { limitQueries, QueryLimits } from './queryLimits';

let proxy: TcpProxy;
let knex: Knex;

async function limited(limits: QueryLimits): Promise<void> {
  const server = testServer('postgres');
  if (!server) throw new Error('the hub cannot be tested without PostgreSQL');
  proxy = await TcpProxy.create(server);
  knex = knexFactory({
    client: 'pg',
    connection: {
      host: '127.0.0.1',
      port: proxy.port,
      user: server.username,
      password: server.password,
      database: 'postgres',
    },
    pool: { min: 0, max: 1 },
  });
  limitQueries(knex, limits);
}

afterEach(async () => {
  await knex.destroy();
  await proxy.close();
});

it('a statement that takes too long is broken off by the server, and the connection stays', async () => {
  await limited({ timeoutMs: 200, graceMs: 5_000 });
  const session = async () =>
    (await knex.raw('select pg_backend_pid() as pid')).rows;
  const before = await session();
  await expect(knex.raw('select pg_sleep(60)')).rejects.toThrow(
    'canceling statement due to statement timeout',
  );
  expect(await session()).toEqual(before);
});

it.each(['silence-request', 'silence-reply'] as const)(
  'a line that goes silent (%s) is given up, and the next statement gets another',
  async kind => {
    await limited({ timeoutMs: 300, graceMs: 200 });
    await knex.raw('select 1');
    proxy.breakAt('into_the_void', kind);
    await expect(knex.raw('select 1 as into_the_void')).rejects.toThrow(
      'has not answered for 500 ms, its connection is given up',
    );
    proxy.mend();
    expect((await knex.raw('select 2 as two')).rows).toEqual([{ two: 2 }]);
  },
);

it('a line that is silent before the session begins is given up as well', async () => {
  await limited({ timeoutMs: 300, graceMs: 200 });
  proxy.breakAt('', 'silence-request');
  await expect(knex.raw('select 1')).rejects.toThrow(/timeout/);
  proxy.mend();
  expect((await knex.raw('select 2 as two')).rows).toEqual([{ two: 2 }]);
});

it('statements that wait for one another on a connection have the time each', async () => {
  await limited({ timeoutMs: 1_000, graceMs: 300 });
  const both = knex.transaction(tx =>
    Promise.all([1, 2].map(() => tx.raw('select pg_sleep(0.7)'))),
  );
  await expect(both).resolves.toHaveLength(2);
});

it('a transaction on a line that has gone silent leaves no lock behind', async () => {
  await limited({ timeoutMs: 300, graceMs: 200 });
  const lock = (tx: Knex) => tx.raw('select pg_advisory_xact_lock(4711)');
  await expect(
    knex.transaction(async tx => {
      await lock(tx);
      proxy.breakAt('into_the_void', 'silence-request');
      await tx.raw('select 1 as into_the_void');
    }),
  ).rejects.toThrow();
  proxy.mend();
  // Each try is broken off after 300 ms; the server lets go after a second.
  await waitUntil('the lock is free', () =>
    knex.transaction(lock).then(
      () => true,
      () => false,
    ),
  );
});
