import fc from 'fast-check';
import {
  ClaimInput,
  claimRefusals,
  ExecuteInput,
  executeRefusals,
  RetryInput,
  retryRefusals,
} from './gate';
import {
  hoursAfterNoon,
  mia,
  migration,
  NOON,
  person,
  heldPrdPolicy,
  revision,
  robot,
  run,
  target,
  uma,
  UP,
} from './__testUtils__/records';

const facts = {
  revision: revision(),
  policy: heldPrdPolicy,
  approvals: {
    judged: [],
    granted: 1,
    required: 1,
    denied: false,
    expired: false,
    compromised: false,
  },
  migration: migration(),
  targets: [target(), target({ id: 't2', name: 'auth_prd_2' })],
  currentDigest: revision().digest,
  promotionSource: {
    state: {
      migrationId: 'm1',
      environment: 'stg',
      state: 'executed' as const,
      executed: 1,
      total: 1,
    },
    executedChecksum: UP,
    appliedByUs: 1,
  },
  requester: uma,
};
const approved: ExecuteInput = {
  ...facts,
  run: run({ status: 'approved' }),
  caller: mia,
};
const queued: ClaimInput = {
  ...facts,
  run: run({ status: 'queued', executedBy: 'mia', queuedAt: NOON }),
  executingPerson: mia,
};
const failed: RetryInput = {
  ...facts,
  run: run({ status: 'failed' }),
  caller: mia,
  items: [
    { id: 'i1', status: 'executed', outcome: 'applied' },
    { id: 'i2', status: 'failed', outcome: 'not_applied' },
  ],
};
const codes = (refusals: { code: string }[]) =>
  refusals.map(({ code }) => code);

/** Faults that close the gate whoever comes, with the code each must give. */
const faults: [string, Partial<ExecuteInput>, string][] = [
  [
    'too few approvals',
    { approvals: { ...facts.approvals, granted: 0 } },
    'NOT_APPROVED',
  ],
  [
    'a target that was changed',
    { currentDigest: 'f'.repeat(64) },
    'STALE_DIGEST',
  ],
  [
    'an archived migration',
    { migration: migration({ archived: true }) },
    'ARCHIVED',
  ],
  ['no success in stg', { promotionSource: undefined }, 'PROMOTION_REQUIRED'],
  [
    'a disabled target',
    { targets: [target({ disabled: true }), target({ id: 't2' })] },
    'DISABLED',
  ],
];

describe('execute', () => {
  it('is open for an approved run', () => {
    expect(executeRefusals(approved)).toEqual([]);
  });

  it.each(faults)('is closed by %s', (_name, fault, code) => {
    expect(codes(executeRefusals({ ...approved, ...fault }))).toEqual([code]);
  });

  it.each<[string, Partial<ExecuteInput>, string]>([
    ['a user in prd', { caller: uma }, 'ROLE_REQUIRED'],
    [
      'a service',
      { caller: { ...robot, role: 'admin' } },
      'SERVICE_NOT_ALLOWED',
    ],
    [
      'somebody disabled',
      { caller: { ...mia, disabled: true } },
      'USER_DISABLED',
    ],
    [
      'a plugin for a user',
      { viaPlugin: 'scaffolder' },
      'ON_BEHALF_NOT_ALLOWED',
    ],
    [
      'a waiting run',
      { run: run({ status: 'awaiting_approval' }) },
      'NOT_APPROVED',
    ],
    ['an executed run', { run: run({ status: 'executed' }) }, 'WRONG_STATE'],
    ['a denied run', { run: run({ status: 'denied' }) }, 'WRONG_STATE'],
    ['a queued run', { run: run({ status: 'queued' }) }, 'WRONG_STATE'],
    ['a failed run', { run: run({ status: 'failed' }) }, 'WRONG_STATE'],
    [
      'an archived project',
      { migration: migration({ projectArchived: true }) },
      'ARCHIVED',
    ],
    [
      'an edited migration',
      { migration: migration({ version: 2 }) },
      'STALE_VERSION',
    ],
    [
      'a disabled set',
      { targets: [target({ parentDisabled: true }), target()] },
      'DISABLED',
    ],
    [
      'targets that are all disabled',
      { targets: [target({ disabled: true })], skipDisabledTargets: true },
      'NO_TARGETS',
    ],
    [
      'a denial',
      { approvals: { ...facts.approvals, denied: true } },
      'NOT_APPROVED',
    ],
  ])('is closed for %s', (_name, change, code) => {
    expect(codes(executeRefusals({ ...approved, ...change }))).toEqual([code]);
  });

  it('tells all that is in the way, not only the first', () => {
    fc.assert(
      fc.property(fc.subarray(faults), some => {
        const changes = some.map(([, fault]) => fault);
        const refusals = executeRefusals(
          Object.assign({}, approved, ...changes),
        );
        expect(codes(refusals)).toEqual(some.map(([, , code]) => code));
      }),
    );
  });

  it('says that an approval has expired, and who can give a new one', () => {
    const [refusal] = executeRefusals({
      ...approved,
      policy: { ...heldPrdPolicy, approvalValidHours: 24 },
      approvals: { ...facts.approvals, granted: 0, expired: true },
    });
    expect(refusal.message).toContain('hold for 24 hours in prd');
    expect(refusal.who).toBe(
      'managers or admins, not the requester or the author',
    );
  });

  it('names disabled targets and goes on without them when told to', () => {
    const targets = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(name =>
      target({ id: name, name, disabled: name !== 'g' }),
    );
    const [refusal] = executeRefusals({ ...approved, targets });
    expect(refusal.message).toContain('a, b, c, d, e, 1 more');
    expect(
      executeRefusals({ ...approved, targets, skipDisabledTargets: true }),
    ).toEqual([]);
  });

  it('needs a manager once the requester is disabled', () => {
    const daily = {
      ...approved,
      policy: {
        ...heldPrdPolicy,
        executeRoles: ['user' as const, 'manager' as const],
      },
      requester: person({ disabled: true }),
    };
    expect(executeRefusals(daily)).toEqual([]);
    const [refusal] = executeRefusals({
      ...daily,
      caller: person({ id: 'eve' }),
    });
    expect(refusal).toMatchObject({
      code: 'ROLE_REQUIRED',
      message: expect.stringContaining('its requester has been disabled'),
    });
  });

  it('does not ask a rollback for success elsewhere', () => {
    const rollback = run({ status: 'approved', type: 'rollback' });
    expect(
      executeRefusals({
        ...approved,
        run: rollback,
        promotionSource: undefined,
        migration: migration({ version: 7 }),
      }),
    ).toEqual([]);
  });
});

describe('retry', () => {
  it('is open for a failed run whose approval still holds', () => {
    expect(retryRefusals(failed)).toEqual([]);
  });

  it.each<[string, Partial<RetryInput>, string]>([
    ...faults,
    ['an edit since', { migration: migration({ version: 2 }) }, 'SUPERSEDED'],
    [
      'an unclear outcome',
      { items: [{ id: 'i1', status: 'failed', outcome: 'unknown' }] },
      'OUTCOME_UNKNOWN',
    ],
    ['a user in prd', { caller: uma }, 'ROLE_REQUIRED'],
    [
      'a run that is not finished',
      { run: run({ status: 'running' }) },
      'WRONG_STATE',
    ],
    [
      'a run that was executed',
      { run: run({ status: 'executed' }) },
      'WRONG_STATE',
    ],
  ])('is closed by %s', (_name, change, code) => {
    expect(codes(retryRefusals({ ...failed, ...change }))).toEqual([code]);
  });
});

describe('a claim', () => {
  it('is open for a queued and a running run', () => {
    expect(claimRefusals(queued)).toEqual([]);
    const running = { ...queued.run, status: 'running' as const };
    expect(claimRefusals({ ...queued, run: running })).toEqual([]);
  });

  it.each<[string, Partial<ClaimInput>, string]>([
    ...faults,
    [
      'a run that is only approved',
      { run: run({ status: 'approved' }) },
      'WRONG_STATE',
    ],
    [
      'a wish to cancel',
      { run: { ...queued.run, cancelRequestedAt: NOON } },
      'WRONG_STATE',
    ],
    [
      'an executing person disabled since',
      { executingPerson: { ...mia, disabled: true } },
      'USER_DISABLED',
    ],
    [
      'an executing person demoted since',
      { executingPerson: { ...mia, role: 'user' } },
      'ROLE_REQUIRED',
    ],
    ['nobody who executed it', { executingPerson: undefined }, 'WRONG_STATE'],
    ['somebody else’s name', { executingPerson: uma }, 'WRONG_STATE'],
    [
      'a requester disabled since',
      { requester: person({ disabled: true, disabledAt: hoursAfterNoon(1) }) },
      'USER_DISABLED',
    ],
    [
      'its only target disabled',
      { targets: [target({ disabled: true })] },
      'DISABLED',
    ],
  ])('is closed by %s', (_name, change, code) => {
    expect(codes(claimRefusals({ ...queued, ...change }))).toEqual([code]);
  });

  it('is open again when a manager executed it after the requester was disabled', () => {
    const requester = person({
      disabled: true,
      disabledAt: hoursAfterNoon(-1),
    });
    expect(claimRefusals({ ...queued, requester })).toEqual([]);
  });
});
