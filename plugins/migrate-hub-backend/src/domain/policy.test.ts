import fc from 'fast-check';
import {
  EnvironmentPolicy,
  environmentPolicySchema,
  Role,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { DEFAULT_ENVIRONMENTS, stricterPolicy } from './policy';
import { policyText } from './policyText';
import { isInWindow } from './windows';
import { moments, policies } from './__testUtils__/policies';
import { implies } from './__testUtils__/records';
import { atLeast, rankOf, ROLES, rolesText } from './roles';

const roleFields = [
  'requestRoles',
  'approveRoles',
  'executeRoles',
  'resolveRoles',
] as const;
const weakest = (roles: readonly Role[]) => Math.min(...roles.map(rankOf));

/** Timeouts and requireSuccessIn have a side by design; lists have an order. */
const governing = (policy: ReturnType<typeof stricterPolicy>) => ({
  ...policy,
  requireSuccessIn: undefined,
  lockTimeoutSeconds: 0,
  statementTimeoutSeconds: 0,
  windowLists: new Set(policy.windowLists),
  freezes: new Set(policy.freezes),
});

describe('roles', () => {
  it.each([
    ['user', 'user', true],
    ['user', 'manager', false],
    ['manager', 'user', true],
    ['manager', 'admin', false],
    ['admin', 'manager', true],
  ] as const)('%s can do what %s can: %s', (role, needed, expected) => {
    expect(atLeast(role, needed)).toBe(expected);
  });

  it.each([
    [['admin', 'manager'], 'managers or admins'],
    [['admin', 'user', 'manager'], 'everyone'],
    [['user'], 'users'],
    [['admin', 'admin'], 'admins'],
    [[], 'nobody'],
  ] as [Role[], string][])('%j reads "%s"', (roles, text) => {
    expect(rolesText(roles)).toBe(text);
  });
});

describe('the default environments', () => {
  it('are daily, stg and prd, valid, and protect prd most', () => {
    expect(DEFAULT_ENVIRONMENTS.map(({ name }) => name)).toEqual([
      'daily',
      'stg',
      'prd',
    ]);
    for (const { policy } of DEFAULT_ENVIRONMENTS) {
      expect(environmentPolicySchema.parse(policy)).toEqual(policy);
      expect(policy.approvalsRequired).toBe(1);
      expect(policy.selfApproval).toBe(false);
      expect(policy.approveRoles).toEqual(['manager', 'admin']);
    }
    const [daily, stg, prd] = DEFAULT_ENVIRONMENTS;
    expect(daily.policy.executeRoles).toContain('user');
    expect(stg.policy.executeRoles).toContain('user');
    expect(prd.policy.executeRoles).toEqual(['manager', 'admin']);
    expect(prd.policy.requireSuccessIn).toBe('stg');
  });

  it('read as sentences', () => {
    const [daily, , prd] = DEFAULT_ENVIRONMENTS;
    expect(policyText('prd', prd.policy)).toBe(
      'In prd: 1 approval by managers or admins, never by the requester or the author, after success in stg. ' +
        'Requested by everyone, executed by managers or admins, unclear outcomes resolved by managers or admins. ' +
        'Up to 8 targets at a time, waiting at most 1 minute for a lock and 1 hour for a statement.',
    );
    expect(
      policyText('daily', {
        ...daily.policy,
        approvalsRequired: 2,
        selfApproval: true,
        approvalValidHours: 24,
        parallelism: 1,
        lockTimeoutSeconds: 90,
      }),
    ).toBe(
      'In daily: 2 approvals by managers or admins, also by the requester or the author. ' +
        'Requested by everyone, executed by everyone, unclear outcomes resolved by managers or admins. ' +
        'An approval holds for 24 hours. ' +
        'Up to 1 target at a time, waiting at most 90 seconds for a lock and 1 hour for a statement.',
    );
    expect(
      policyText('prd', {
        ...prd.policy,
        windows: [
          {
            days: ['mon', 'tue', 'wed', 'thu'],
            from: '22:00',
            to: '04:00',
            timeZone: 'Europe/Berlin',
          },
        ],
        freezes: [
          {
            from: '2026-12-20T00:00:00Z',
            to: '2027-01-03T00:00:00Z',
            reason: 'Year end',
          },
        ],
        canary: { targets: 2, then: { soakMinutes: 30 }, waveSize: 10 },
        stopAfterFailures: 1,
      }),
    ).toContain(
      'Runs start only Monday to Thursday 22:00 to 04:00 of the next day (Europe/Berlin). ' +
        'Frozen from Sun 20 Dec 2026, 00:00 UTC to Sun 3 Jan 2027, 00:00 UTC: Year end. ' +
        'First on 2 targets, then, after 30 minutes without a failure, on the others in waves of 10, each after the same. ' +
        'After 1 failed target the rest is canceled. ' +
        'Up to 8 targets at a time',
    );
  });
});

describe('the stricter of two policies', () => {
  it('is never weaker than either', () => {
    fc.assert(
      fc.property(policies, policies, (snapshot, today) => {
        const strict = stricterPolicy(snapshot, today);
        const { windowLists, ...rest } = strict;
        environmentPolicySchema.parse(rest);
        expect(windowLists.length).toBeLessThanOrEqual(2);
        for (const policy of [snapshot, today]) {
          for (const field of roleFields) {
            expect(weakest(strict[field])).toBeGreaterThanOrEqual(
              weakest(policy[field]),
            );
          }
          expect(strict.approvalsRequired).toBeGreaterThanOrEqual(
            policy.approvalsRequired,
          );
          expect(implies(strict.selfApproval, policy.selfApproval)).toBe(true);
          expect(strict.approvalValidHours ?? Infinity).toBeLessThanOrEqual(
            policy.approvalValidHours ?? Infinity,
          );
          expect(
            implies(
              policy.requireSuccessIn !== undefined,
              strict.requireSuccessIn !== undefined,
            ),
          ).toBe(true);
          expect(strict.parallelism).toBeLessThanOrEqual(policy.parallelism);
          expect(strict.stopAfterFailures ?? Infinity).toBeLessThanOrEqual(
            policy.stopAfterFailures ?? Infinity,
          );
          expect(strict.freezes ?? []).toEqual(
            expect.arrayContaining(policy.freezes ?? []),
          );
          expect(strict.canary?.targets ?? Infinity).toBeLessThanOrEqual(
            policy.canary?.targets ?? Infinity,
          );
          expect(
            implies(
              policy.canary?.then === 'person',
              strict.canary?.then === 'person',
            ),
          ).toBe(true);
        }
      }),
    );
  });

  it('opens only while both policies do', () => {
    fc.assert(
      fc.property(policies, policies, moments, (snapshot, today, at) => {
        const { windowLists } = stricterPolicy(snapshot, today);
        const open = (windows: EnvironmentPolicy['windows']) =>
          !windows || isInWindow(windows, at);
        expect(windowLists.every(open)).toBe(
          open(snapshot.windows) && open(today.windows),
        );
      }),
    );
  });

  it('keeps only roles that both name, unless there is none', () => {
    fc.assert(
      fc.property(policies, policies, (snapshot, today) => {
        const strict = stricterPolicy(snapshot, today);
        for (const field of roleFields) {
          const both = ROLES.filter(
            role =>
              (snapshot[field] as Role[]).includes(role) &&
              (today[field] as Role[]).includes(role),
          );
          const kept = both.length > 0 ? both : strict[field];
          expect(strict[field]).toEqual(kept);
          expect(kept.length).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('is the same either way round, and stays when taken again', () => {
    fc.assert(
      fc.property(policies, policies, (snapshot, today) => {
        const strict = stricterPolicy(snapshot, today);
        expect(governing(strict)).toEqual(
          governing(stricterPolicy(today, snapshot)),
        );
        expect(stricterPolicy(strict, today)).toEqual(strict);
        expect(stricterPolicy(strict, strict)).toEqual(strict);
      }),
    );
  });

  it("runs with the timeouts that were approved, and needs today's environment first", () => {
    fc.assert(
      fc.property(policies, policies, (snapshot, today) => {
        const strict = stricterPolicy(snapshot, today);
        expect(strict.lockTimeoutSeconds).toBe(snapshot.lockTimeoutSeconds);
        expect(strict.statementTimeoutSeconds).toBe(
          snapshot.statementTimeoutSeconds,
        );
        expect(strict.requireSuccessIn).toBe(
          today.requireSuccessIn ?? snapshot.requireSuccessIn,
        );
      }),
    );
  });
});
