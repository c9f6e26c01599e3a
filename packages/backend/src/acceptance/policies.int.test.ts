import { EnvironmentPolicy } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { HubProcess } from './__testUtils__/HubProcess';
import { Person } from './__testUtils__/Person';
import { Company, World } from './__testUtils__/World';

jest.setTimeout(180_000);

let world: World;
let company: Company;
/** The second admin. */
let chief: Person;

beforeAll(async () => {
  world = await World.create();
  chief = await Person.signIn(world.hub, 'chief@example.com');
  company = await Company.create(world, 'postgres');
});
afterAll(async () => {
  await company?.drop();
  await world?.hub.stop();
});

const settingsOf = (name: string, by = world.admin) =>
  by.call('getEnvironmentSettings', { params: { name } });

/** Changes some rules of an environment that is not protected, or makes others stricter. */
async function set(name: string, rules: Partial<EnvironmentPolicy>) {
  const { policy, revision } = await settingsOf(name);
  return world.admin.call('updateEnvironmentSettings', {
    params: { name },
    body: { policy: { ...policy, ...rules }, expectedRevision: revision },
  });
}

const auditOf = async (name: string) => {
  const { items } = await world.admin.call('listAuditEvents', {
    query: { entityType: 'settings', entityId: `environment.${name}` },
  });
  return items;
};

it('lets admins set the policy of an environment, and holds open runs to it at once, on every replica', async () => {
  const replica = await HubProcess.start({ replicaOf: world.hub });
  try {
    const { id } = await company.create('strict', 'create table s (id int);');
    const run = await company.approved(id, 'stg');
    const before = await settingsOf('stg');
    expect(before).toMatchObject({ revision: 0, protected: false, floor: {} });

    const policy = { ...before.policy, approvalsRequired: 2 };
    const preview = await world.admin.call('previewEnvironmentSettings', {
      params: { name: 'stg' },
      body: { policy },
    });
    expect(preview).toMatchObject({
      changes: [
        {
          field: 'approvalsRequired',
          effect: 'stricter',
          text: '2 approvals needed. Before: 1 approval needed.',
        },
      ],
      needsSecondAdmin: false,
      losingApproval: [{ id: run.id, granted: 1, required: 2 }],
    });
    expect((await settingsOf('stg')).revision).toBe(0);

    await set('stg', { approvalsRequired: 2 });
    const user = await Person.signIn(replica, 'user@example.com');
    const blocked = await user.refused('executeRun', {
      params: { id: run.id },
      body: {},
    });
    expect(blocked).toMatchObject({ status: 409, code: 'NOT_APPROVED' });
    expect(await world.stateOf(id, 'stg')).toBe('needs_reapproval_stg');

    const stale = await world.admin.refused('updateEnvironmentSettings', {
      params: { name: 'stg' },
      body: { policy: before.policy, expectedRevision: 0 },
    });
    expect(stale).toMatchObject({ status: 409, code: 'STALE_REVISION' });
    await set('stg', { approvalsRequired: 1 });
    expect((await auditOf('stg')).map(({ payload }) => payload)).toMatchObject([
      { before: { approvalsRequired: 2 }, after: { approvalsRequired: 1 } },
      { before: { approvalsRequired: 1 }, after: { approvalsRequired: 2 } },
    ]);

    const notAdmin = await world.manager.refused('getEnvironmentSettings', {
      params: { name: 'stg' },
    });
    expect(notAdmin).toMatchObject({ status: 403, code: 'ROLE_REQUIRED' });
    const zero = await world.admin.refused('updateEnvironmentSettings', {
      params: { name: 'stg' },
      body: {
        policy: { ...policy, approvalsRequired: 0 },
        expectedRevision: 2,
      },
    });
    expect(zero).toMatchObject({ status: 400, code: 'INVALID_INPUT' });
    const later = await world.admin.refused('updateEnvironmentSettings', {
      params: { name: 'stg' },
      body: {
        policy: { ...policy, requireSuccessIn: 'prd' },
        expectedRevision: 2,
      },
    });
    expect(later).toMatchObject({ status: 400, code: 'INVALID_INPUT' });
    // What went back to approval does not come out of it by itself.
    expect(
      (await world.user.call('getRun', { params: { id: run.id } })).status,
    ).toBe('awaiting_approval');
    await world.user.call('cancelRun', { params: { id: run.id }, body: {} });
  } finally {
    await replica.stop();
  }
});

it('weakens prd only by two admins', async () => {
  const before = await settingsOf('prd');
  expect(before).toMatchObject({ protected: true });
  const executeRoles: EnvironmentPolicy['executeRoles'] = [
    'user',
    'manager',
    'admin',
  ];
  const proposed = await set('prd', { executeRoles });
  expect(proposed.policy).toEqual(before.policy);
  expect(proposed.proposal).toMatchObject({
    policy: { executeRoles },
    changes: [{ field: 'executeRoles', effect: 'weaker' }],
    proposedBy: { email: 'admin@example.com' },
  });
  expect(proposed.allowedActions).toEqual(['edit', 'rejectProposal']);

  const decision = {
    params: { name: 'prd' },
    body: { decision: 'confirm', expectedRevision: proposed.revision },
  } as const;
  const alone = await world.admin.refused(
    'decideEnvironmentProposal',
    decision,
  );
  expect(alone).toMatchObject({ status: 409, code: 'SECOND_ADMIN' });
  expect((await settingsOf('prd', chief)).allowedActions).toContain(
    'confirmProposal',
  );
  const after = await chief.call('decideEnvironmentProposal', decision);
  expect(after.policy.executeRoles).toEqual(executeRoles);
  expect(after.proposal).toBeUndefined();
  const again = await chief.refused('decideEnvironmentProposal', {
    ...decision,
    body: { decision: 'confirm', expectedRevision: after.revision },
  });
  expect(again).toMatchObject({ status: 409, code: 'NO_PROPOSAL' });

  // Back to stricter takes one.
  await set('prd', { executeRoles: ['manager', 'admin'] });
  const [third, second, first] = await auditOf('prd');
  expect(first).toMatchObject({
    action: 'settings.proposed',
    actor: { email: 'admin@example.com' },
  });
  expect(second).toMatchObject({
    action: 'settings.changed',
    actor: { email: 'chief@example.com' },
    payload: {
      before: { executeRoles: ['manager', 'admin'] },
      after: { executeRoles },
    },
  });
  expect(third.action).toBe('settings.changed');
});
