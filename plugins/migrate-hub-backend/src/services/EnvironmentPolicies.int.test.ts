import { EnvironmentPolicy } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { InventoryWorld } from '../__testUtils__/InventoryWorld';
import { testConfig } from '../__testUtils__/testConfig';

const config = testConfig();
let world: InventoryWorld;

beforeAll(async () => {
  world = await InventoryWorld.create(config);
});
afterAll(() => world?.drop());

const view = (name: string) =>
  world.services.environments.get(world.users.ada, name);

async function set(name: string, change: Partial<EnvironmentPolicy>) {
  const { revision, policy } = await view(name);
  return world.services.environments.update(world.users.ada, name, {
    policy: { ...policy, ...change },
    expectedRevision: revision,
  });
}

const trouble = () => world.hub(config).environments.trouble(world.knex);
const rowOf = (environment: string) =>
  world.knex('environment_policies').where({ environment });

it('counts a policy only as the hub stored it', async () => {
  expect(await set('stg', { approvalsRequired: 2 })).toMatchObject({
    policy: { approvalsRequired: 2 },
    unproved: false,
  });
  await set('prd', { approvalsRequired: 4 });
  expect(await trouble()).toBeUndefined();

  const [{ policy: signed }] = await rowOf('stg');
  const [{ policy: other }] = await rowOf('prd');
  const weaker = { ...signed.settings, approvalsRequired: 1 };
  const forgeries = [
    weaker,
    { ...signed, settings: weaker },
    { ...signed, at: '2000-01-01T00:00:00.000Z' },
    { ...signed, signature: undefined },
    // Of another environment.
    other,
  ];
  for (const forged of forgeries) {
    await rowOf('stg').update({ policy: JSON.stringify(forged) });
    const { configured, ...now } = await view('stg');
    expect(now).toMatchObject({ unproved: true, policy: configured });
    expect(await trouble()).toMatch(/stored as policy of stg was not signed/);
  }

  // Set again, though it is what holds already.
  expect((await set('stg', {})).unproved).toBe(false);
  expect(await trouble()).toBeUndefined();
});

it('counts a proposal only of the admin who made it', async () => {
  await set('prd', { approvalsRequired: 5 });
  const { proposal } = await set('prd', { approvalsRequired: 1 });
  expect(proposal?.policy.approvalsRequired).toBe(1);
  const { mia, ada } = world.users;
  // So that she could confirm it herself.
  await rowOf('prd').update({ proposed_by: mia.caller.user.id });
  const now = await view('prd');
  expect(now).toMatchObject({
    ...{ unproved: true, proposal: undefined },
    policy: { approvalsRequired: 5 },
  });
  await expect(
    world.services.environments.decide(ada, 'prd', {
      expectedRevision: now.revision,
      decision: 'confirm',
    }),
  ).rejects.toMatchObject({ code: 'NO_PROPOSAL' });
});

it('does not count what was signed with a key that others had by then', async () => {
  await set('stg', { approvalsRequired: 3 });
  const [old] = config.migrateHub.signing.keys;
  const [fresh] = testConfig().migrateHub.signing.keys;
  const withKeys = (compromisedSince: string) => ({
    migrateHub: {
      ...config.migrateHub,
      signing: {
        keys: [
          { ...fresh, id: '2' },
          { ...old, compromisedSince },
        ],
      },
    },
  });
  const required = async (settings: object) => {
    const { environments } = world.replica(settings);
    const { policy } = await environments.get(world.users.ada, 'stg');
    return policy.approvalsRequired;
  };
  expect(await required(withKeys('2999-01-01T00:00:00Z'))).toBe(3);
  expect(await required(withKeys('2000-01-01T00:00:00Z'))).toBe(1);
});
