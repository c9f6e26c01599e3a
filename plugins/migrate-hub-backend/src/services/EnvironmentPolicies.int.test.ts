import { mockCredentials } from '@backstage/backend-test-utils';
import { EnvironmentPolicy } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { InventoryWorld } from '../__testUtils__/InventoryWorld';
import { testConfig } from '../__testUtils__/testConfig';
import { findUser } from '../store/users';
import { CommandContext } from './context';

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

it('tells everybody what is protected: the last environment, or what the config says', async () => {
  const listed = async (environments?: object[]) => {
    const { migrateHub } = config;
    const replica = world.replica({
      migrateHub: { ...migrateHub, ...(environments && { environments }) },
    });
    const all = await replica.environments.list();
    return all.map(({ name, protected: is }) => [name, is]);
  };
  expect(await listed()).toEqual([
    ['daily', false],
    ['stg', false],
    ['prd', true],
  ]);
  const policy = { requireSuccessIn: '' };
  const test = { name: 'test', policy };
  const live = { name: 'live', policy };
  expect(await listed([test, live])).toEqual([
    ['test', false],
    ['live', true],
  ]);
  expect(
    await listed([
      { ...test, protected: true },
      { ...live, protected: false },
    ]),
  ).toEqual([
    ['test', true],
    ['live', false],
  ]);
});

describe('one admin alone', () => {
  const decision = 'confirm';
  /** Somebody as a call of theirs finds them now. */
  const as = async (id: string): Promise<CommandContext> => {
    const row = await findUser(world.knex, id);
    if (!row) throw new Error(`no user ${id}`);
    const user = world.hub(config).grants.counted(row);
    return { caller: { user, credentials: mockCredentials.user() } };
  };
  /** An admin of the config, who owes nobody anything. */
  const founder = async (name: string): Promise<string> => {
    const user = await world.knex.transaction(tx =>
      world.hub(config).grants.insert(tx, {
        ...{ entityRef: `user:default/${name}`, name, role: 'admin' },
        ...{ kind: 'person', provider: 'local' },
        email: `${name}@example.com`,
      }),
    );
    if (!user) throw new Error('taken');
    return user.id;
  };
  const appointed = async (by: CommandContext, name: string) => {
    const email = `${name}@example.com`;
    const { users } = world.services;
    return (await users.create(by, { email, role: 'admin' })).id;
  };
  /** Asks for one approval where there are five. */
  const weaken = async (by: CommandContext) => {
    const { environments } = world.services;
    const { policy, revision } = await environments.get(by, 'prd');
    return environments.update(by, 'prd', {
      policy: { ...policy, approvalsRequired: policy.approvalsRequired - 1 },
      expectedRevision: revision,
    });
  };
  const confirm = async (by: CommandContext) => {
    const { environments } = world.services;
    const { revision } = await environments.get(by, 'prd');
    return environments.decide(by, 'prd', {
      ...{ expectedRevision: revision, decision },
    });
  };
  const refused = expect.objectContaining({ code: 'SECOND_ADMIN' });

  it('weakens nothing: not in half steps, nor by whom she appointed or could sign in as', async () => {
    const { ada } = world.users;
    const { users } = world.services;
    await set('prd', { approvalsRequired: 5 });
    await weaken(ada);
    await weaken(ada);
    expect((await view('prd')).policy.approvalsRequired).toBe(5);

    const bob = await appointed(ada, 'bob');
    const cy = await appointed(await as(bob), 'cy');
    for (const second of [bob, cy]) {
      await expect(confirm(await as(second))).rejects.toEqual(refused);
    }
    // The other way round it is the same one.
    await weaken(await as(bob));
    await expect(confirm(ada)).rejects.toEqual(refused);
    await expect(confirm(await as(cy))).rejects.toEqual(refused);

    // Nor by the account of somebody who is nobody's making.
    const cho = await founder('cho');
    await users.setOneTimePassword(ada, cho);
    await expect(confirm(await as(cho))).rejects.toEqual(refused);
    const { allowedActions } = await world.services.environments.get(
      await as(cho),
      'prd',
    );
    expect(allowedActions).not.toContain('confirmProposal');

    // With the database at hand she makes them nobody's making, and no admins.
    const row = world.knex('users').where({ id: cy });
    await row.clone().update({ role_granted_by: null });
    await expect(confirm(await as(cy))).rejects.toMatchObject({
      code: 'ROLE_REQUIRED',
    });
    await row.clone().update({ role_granted_by: bob });
    await world
      .knex('users')
      .where({ id: bob })
      .update({ role_granted_by: null });
    await expect(confirm(await as(cy))).rejects.toEqual(refused);

    expect((await view('prd')).policy.approvalsRequired).toBe(5);
    await weaken(ada);
    const dan = await as(await founder('dan'));
    const shown = await view('prd');
    await weaken(ada);
    // Not what was shown to him.
    await expect(
      world.services.environments.decide(dan, 'prd', {
        ...{ expectedRevision: shown.revision, decision },
      }),
    ).rejects.toMatchObject({ code: 'STALE_REVISION' });
    expect((await confirm(dan)).policy.approvalsRequired).toBe(4);
  });
});
