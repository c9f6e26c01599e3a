import { InventoryWorld } from '../__testUtils__/InventoryWorld';
import { testConfig } from '../__testUtils__/testConfig';

let world: InventoryWorld;

const limited = (limits: object) => {
  const config = testConfig();
  return { ...config, migrateHub: { ...config.migrateHub, limits } };
};

beforeAll(async () => {
  world = await InventoryWorld.create(
    limited({ connectionTestsPerMinute: 2, analysesPerMinute: 2 }),
  );
});
afterAll(() => world?.drop());

/** Five calls fall into two minutes at most, so that two a minute cannot let all of them pass. */
async function fiveTimes(call: () => Promise<unknown>): Promise<unknown[]> {
  const refusals: unknown[] = [];
  for (let n = 0; n < 5; n += 1) {
    await call().catch(error => refusals.push(error));
  }
  return refusals;
}

it('counts connection tests and analyses of a user over all replicas', async () => {
  const { uma, otto } = world.users;
  const input = {
    engine: 'postgres' as const,
    ...{ host: '127.0.0.1', port: 1 },
    ...{ database: 'd', username: 'u', password: 'p' },
  };
  const replicas = [
    world.services,
    world.replica(limited({ connectionTestsPerMinute: 2 })),
  ];
  let turn = 0;
  const refusals = await fiveTimes(() => {
    turn += 1;
    return replicas[turn % 2].dbTargets.testUnsaved(uma, input);
  });
  expect(refusals[0]).toMatchObject({
    code: 'TOO_MANY_REQUESTS',
    statusCode: 429,
    message: expect.stringContaining('connection tests'),
  });
  const { retryAfterSeconds } = refusals[0] as { retryAfterSeconds: number };
  expect(retryAfterSeconds).toBeGreaterThan(0);
  expect(retryAfterSeconds).toBeLessThanOrEqual(60);

  const analyze = (who: typeof uma) =>
    world.services.migrations.analyze(who, {
      engine: 'postgres',
      sql: 'select 1',
      transactionMode: 'auto',
    });
  // Another act, another user: each has a count of its own.
  expect((await analyze(uma)).statements).toHaveLength(1);
  expect((await fiveTimes(() => analyze(otto))).length).toBeGreaterThan(0);
  const earlier = world.knex.raw(`minute - interval '1 hour'`);
  await world.knex('request_counts').update({ minute: earlier });
  expect((await analyze(otto)).statements).toHaveLength(1);
  await analyze(otto);
  const old = world.knex.raw(`now() - interval '30 minutes'`);
  expect(await world.knex('request_counts').where('minute', '<', old)).toEqual(
    [],
  );
});

it('does not start with a limit that is none', () => {
  expect(() => world.replica(limited({ analysesPerMinute: 0 }))).toThrow(
    'migrateHub.limits.analysesPerMinute',
  );
});

it('gives queries of the hub on its own records a time limit', async () => {
  const { rows } = await world.knex.raw('show statement_timeout');
  expect(rows).toEqual([{ statement_timeout: '30s' }]);
});
