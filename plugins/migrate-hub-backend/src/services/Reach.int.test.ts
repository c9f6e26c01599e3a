import { PostgresDriver } from '@migrate-hub/backstage-plugin-migrate-hub-backend-module-postgres';
import { TcpProxy } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { ConfigReader } from '@backstage/config';
import { InventoryWorld } from '../__testUtils__/InventoryWorld';
import { testConfig } from '../__testUtils__/testConfig';
import { guardDrivers } from './GuardedDriver';
import { Reach } from './Reach';

let world: InventoryWorld;
let dbSetId: string;

beforeAll(async () => {
  world = await InventoryWorld.create();
  dbSetId = await world.createDbSet();
});
afterAll(() => world?.drop());

const reaching = (allow: string[]) => {
  const config = testConfig();
  return {
    ...config,
    migrateHub: { ...config.migrateHub, reach: { allow } },
  };
};

const notAllowed = (message: RegExp) =>
  expect.objectContaining({
    code: 'HOST_NOT_ALLOWED',
    message: expect.stringMatching(message),
  });

it('saves and tests nothing that it may not reach', async () => {
  const { dbTargets } = world.services;
  const { uma } = world.users;
  const database = await world.createDatabase();
  const input = world.input(dbSetId, { name: 'main', database });

  const metadata = { ...input, host: '169.254.169.254' };
  await expect(dbTargets.create(uma, metadata)).rejects.toEqual(
    notAllowed(/metadata services of clouds/),
  );
  await expect(dbTargets.testUnsaved(uma, metadata)).rejects.toEqual(
    notAllowed(/migrateHub\.reach\.allow/),
  );
  const target = await dbTargets.create(uma, input);
  await expect(
    dbTargets.update(uma, target.id, {
      expectedRevision: target.revision,
      host: '::ffff:169.254.0.1',
      password: input.password,
    }),
  ).rejects.toEqual(notAllowed(/link-local/));
  expect((await dbTargets.test(uma, target.id)).ok).toBe(true);
  expect((await dbTargets.get(uma, target.id)).host).toBe(input.host);
});

it('never reaches its own records, whatever the address says', async () => {
  const { uma } = world.users;
  const { dbTargets } = world.services;
  const { database, port } = world.knex.client.connectionSettings;
  const own = world.input(dbSetId, { name: 'own', database });
  for (const host of ['127.0.0.1', 'localhost', '127.0.0.7', '127.1']) {
    await expect(dbTargets.testUnsaved(uma, { ...own, host })).rejects.toEqual(
      notAllowed(/records of the hub itself/),
    );
  }
  const proxy = await TcpProxy.create({ host: '127.0.0.1', port });
  try {
    await expect(
      dbTargets.create(uma, { ...own, port: proxy.port }),
    ).rejects.toEqual(notAllowed(/records of the hub itself/));
  } finally {
    await proxy.close();
  }
});

it('refuses loopback in production, unless an operator allows it', async () => {
  const { uma } = world.users;
  const { NODE_ENV } = process.env;
  try {
    Object.assign(process.env, { NODE_ENV: 'production' });
    const strict = world.replica(testConfig());
    const open = world.replica(reaching(['127.0.0.1']));
    const database = await world.createDatabase();
    const input = world.input(dbSetId, { name: 'here', database });
    await expect(strict.dbTargets.testUnsaved(uma, input)).rejects.toEqual(
      notAllowed(/production/),
    );
    expect((await open.dbTargets.testUnsaved(uma, input)).ok).toBe(true);
  } finally {
    Object.assign(process.env, { NODE_ENV });
  }
});

it('keeps to it when a run connects, and when it looks at the history', async () => {
  const config = new ConfigReader(reaching(['10.0.0.0/8']));
  const { knex } = world;
  const driver = guardDrivers(
    new Map([['postgres', PostgresDriver.create()]]),
    Reach.create({ config, knex }),
  ).get('postgres');
  const database = await world.createDatabase();
  const {
    host,
    port,
    username,
    password = '',
  } = world.input(dbSetId, {
    ...{ name: '', database },
  });
  const connection = {
    ...{ host, port, database, username, password },
    tls: { mode: 'disable' as const },
    historyTable: 'migrations',
  };
  const refused = expect.objectContaining({
    code: 'ADDRESS_REFUSED',
    message: expect.stringContaining('migrateHub.reach.allow'),
  });
  await expect(
    driver?.connect(connection, {
      tag: 'reach',
      lockTimeoutMs: 1000,
      statementTimeoutMs: 1000,
      connectTimeoutMs: 1000,
    }),
  ).rejects.toEqual(refused);
  await expect(
    driver?.readHistory(connection, { migrationKey: 'k', timeoutMs: 1000 }),
  ).rejects.toEqual(refused);
  expect(() => world.replica(reaching(['/run/postgres.sock']))).toThrow(
    /migrateHub\.reach\.allow\[0\]/,
  );
});
