import { EnvironmentPolicy } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { waitUntil } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
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

  const dashboardOf = (person: Person) => person.call('getDashboard', {});
  expect((await dashboardOf(world.admin)).proposalsForMe).toEqual([]);
  expect((await dashboardOf(chief)).proposalsForMe).toMatchObject([
    { environment: 'prd', changes: [{ field: 'executeRoles' }] },
  ]);

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

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
const idOf = ({ id }: { id: string }) => ({ params: { id } });

/** What a person's dashboard says of runs under way. */
async function waitingOf(person: Person) {
  const { waitingForMe } = await person.call('getDashboard', {});
  return waitingForMe
    .filter(({ kind }) => kind === 'continue' || kind === 'confirmBreakGlass')
    .map(({ kind, run }) => ({ kind, run: run.id }));
}

it('starts nothing in a freeze, unless two admins break the glass', async () => {
  await set('stg', {
    freezes: [
      {
        from: new Date(Date.now() - 3_600_000).toISOString(),
        to: inAnHour(),
        reason: 'Black Friday',
      },
    ],
  });
  const { id } = await company.create('frozen', 'create table f (id int);');
  const run = await company.approved(id, 'stg');
  const blocked = await world.user.refused('executeRun', {
    ...idOf(run),
    body: {},
  });
  expect(blocked).toMatchObject({
    status: 409,
    code: 'FROZEN',
    details: { opensAt: expect.any(String) },
  });
  expect(blocked.message).toContain('Black Friday');
  const later = await world.user.refused('executeRun', {
    ...idOf(run),
    body: { at: new Date(Date.now() + 60_000).toISOString() },
  });
  expect(later.code).toBe('FROZEN');
  const shown = await world.user.call('getRun', idOf(run));
  expect(shown.opensAt).toBeDefined();
  expect(shown.allowedActions).toContain('schedule');
  expect(shown.allowedActions).not.toContain('execute');

  const breakGlass = { reason: 'The shop is down' };
  const notAdmin = await world.manager.refused('executeRun', {
    ...idOf(run),
    body: { breakGlass },
  });
  expect(notAdmin).toMatchObject({ status: 403, code: 'ROLE_REQUIRED' });
  const asked = await world.admin.call('executeRun', {
    ...idOf(run),
    body: { breakGlass },
  });
  expect(asked).toMatchObject({
    status: 'approved',
    breakGlass: { ...breakGlass, requestedBy: { email: 'admin@example.com' } },
  });
  expect(await waitingOf(chief)).toEqual([
    { kind: 'confirmBreakGlass', run: run.id },
  ]);
  expect(await waitingOf(world.admin)).toEqual([]);
  const confirmation = { ...idOf(run), body: { digest: run.digest } };
  const alone = await world.admin.refused('confirmBreakGlass', confirmation);
  expect(alone).toMatchObject({ status: 409, code: 'SECOND_ADMIN' });
  await chief.call('confirmBreakGlass', confirmation);
  expect(await waitingOf(chief)).toEqual([]);
  const done = await world.user.runEnded(run.id);
  expect(done).toMatchObject({
    status: 'executed',
    executedBy: { email: 'admin@example.com' },
    breakGlass: { confirmedBy: { email: 'chief@example.com' } },
  });
  const { items } = await world.user.call('listRuns', {
    query: { migration: id },
  });
  expect(items[0].breakGlass).toMatchObject(breakGlass);
  const { items: events } = await world.admin.call('listAuditEvents', {
    query: { entityType: 'run', entityId: run.id },
  });
  expect(events.map(({ action }) => action)).toEqual(
    expect.arrayContaining([
      'run.break_glass_requested',
      'run.break_glass_confirmed',
      'execution.blocked',
    ]),
  );
  await set('stg', { freezes: undefined });
});

it('starts a run at the time it was approved and scheduled for, in the name of somebody who still may', async () => {
  const second = await Person.signIn(world.hub, 'second@example.com');
  const { id } = await company.create('later', 'create table l (id int);');
  const notBefore = new Date(Date.now() + 4_000).toISOString();
  const run = await world.user.call('requestRun', {
    params: { id },
    body: { environment: 'stg', dbSetIds: [company.sets.stg], notBefore },
  });
  expect(run.binding).toMatchObject({
    scheme: 'migrate-hub/run/2',
    schedule: { notBefore },
  });
  await world.approve(run);
  const early = await second.refused('executeRun', {
    ...idOf(run),
    body: { at: new Date(Date.now() + 1_000).toISOString() },
  });
  expect(early).toMatchObject({ status: 409, code: 'TOO_EARLY' });
  const past = await second.refused('executeRun', {
    ...idOf(run),
    body: { at: '2020-01-01T00:00:00Z' },
  });
  expect(past).toMatchObject({ status: 400, code: 'INVALID_INPUT' });
  const queued = await second.call('executeRun', { ...idOf(run), body: {} });
  expect(queued).toMatchObject({
    status: 'queued',
    scheduledFor: notBefore,
    waitingFor: { kind: 'schedule', until: notBefore },
  });

  const { items } = await world.admin.call('listUsers', {
    query: { q: 'second@example.com' },
  });
  const [account] = items;
  const disabled = await world.admin.call('updateUser', {
    ...idOf(account),
    body: { disabled: true, expectedRevision: account.revision },
  });
  await waitUntil('the run waits for somebody', async () => {
    const { waitingFor } = await world.user.call('getRun', idOf(run));
    return waitingFor?.kind === 'adoption';
  });
  const notManager = await world.user.refused('continueRun', {
    ...idOf(run),
    body: {},
  });
  expect(notManager).toMatchObject({ status: 403, code: 'ROLE_REQUIRED' });
  await world.manager.call('continueRun', { ...idOf(run), body: {} });
  const done = await world.user.runEnded(run.id);
  expect(done).toMatchObject({
    status: 'executed',
    executedBy: { email: 'manager@example.com' },
  });
  expect(Date.parse(done.startedAt ?? '')).toBeGreaterThanOrEqual(
    Date.parse(notBefore),
  );
  await world.admin.call('updateUser', {
    ...idOf(account),
    body: { disabled: false, expectedRevision: disabled.revision },
  });
});

it('cancels a scheduled run before its time comes, with nothing done', async () => {
  const { id } = await company.create('never', 'create table n (id int);');
  const run = await company.approved(id, 'stg');
  const at = inAnHour();
  const queued = await world.user.call('executeRun', {
    ...idOf(run),
    body: { at },
  });
  expect(queued).toMatchObject({
    ...{ status: 'queued', scheduledFor: at },
    waitingFor: { kind: 'schedule', until: at },
  });
  const canceled = await world.user.call('cancelRun', {
    ...idOf(run),
    body: { reason: 'Not tonight' },
  });
  expect(canceled.status).toBe('canceled');
  expect(canceled.startedAt).toBeUndefined();
  expect(canceled.items).toMatchObject([{ status: 'canceled', attempt: 0 }]);
  expect(await world.stateOf(id, 'stg')).toBe('draft');
});

it('goes in waves, stops between them when an approval no longer counts, and goes on when told', async () => {
  await set('prd', { canary: { targets: 1, then: 'person' } });
  const second = await Person.signIn(world.hub, 'second@example.com');
  const { id } = await company.create('waves', 'create table w (id int);');
  await world.executed(world.user, await company.approved(id, 'stg'));
  const run = await company.request(id, 'prd');
  const approve = (by: Person) =>
    by.call('decideRun', {
      ...idOf(run),
      body: { decision: 'approve', digest: run.digest },
    });
  expect(run.binding.rollout.canary).toEqual({ targets: 1, then: 'person' });
  await approve(second);
  await world.manager.call('executeRun', { ...idOf(run), body: {} });
  const waitsFor = (kind: string) =>
    waitUntil(`the run waits for ${kind}`, async () => {
      const { waitingFor } = await world.user.call('getRun', idOf(run));
      return waitingFor?.kind === kind;
    });
  await waitsFor('person');
  const canary = await world.manager.call('getRun', idOf(run));
  expect(canary.items.map(({ status }) => status)).toEqual([
    'executed',
    'queued',
  ]);
  expect(canary).toMatchObject({
    status: 'running',
    wave: { number: 2, of: 2, targets: 1 },
  });
  expect(canary.allowedActions).toContain('continue');
  await waitUntil('the dashboard of the manager has it', async () => {
    const [first] = await waitingOf(world.manager);
    return first?.kind === 'continue' && first.run === run.id;
  });
  expect(await waitingOf(world.user)).toEqual([]);

  const { items } = await world.admin.call('listUsers', {
    query: { q: 'second@example.com' },
  });
  await world.admin.call('updateUser', {
    ...idOf(items[0]),
    body: { disabled: true, expectedRevision: items[0].revision },
  });
  await waitsFor('approval');
  const notNow = await world.manager.refused('continueRun', {
    ...idOf(run),
    body: {},
  });
  expect(notNow).toMatchObject({ status: 409, code: 'NOT_WAITING' });
  await approve(chief);
  await waitsFor('person');
  const user = await world.user.refused('continueRun', {
    ...idOf(run),
    body: {},
  });
  expect(user).toMatchObject({ status: 403, code: 'ROLE_REQUIRED' });
  await world.manager.call('continueRun', {
    ...idOf(run),
    body: { reason: 'The canary sings' },
  });
  expect((await world.user.runEnded(run.id)).status).toBe('executed');
  const { items: events } = await world.admin.call('listAuditEvents', {
    query: { action: 'run.continued', entityId: run.id },
  });
  expect(events).toMatchObject([
    { actor: { email: 'manager@example.com' }, payload: { wave: 2, of: 2 } },
  ]);
  expect(await world.stateOf(id, 'prd')).toBe('executed_prd');
});
