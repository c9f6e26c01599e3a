import { EnvironmentPolicy } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import fc from 'fast-check';
import { policies } from './__testUtils__/policies';
import { prdPolicy } from './__testUtils__/records';
import { belowFloor, liftToFloor, policyChanges } from './policyComparison';

const NOW = new Date('2026-03-24T12:00:00Z');
const day = {
  days: ['mon', 'tue'],
  from: '08:00',
  to: '18:00',
  timeZone: 'UTC',
} as const;
const window = (over: object) => [{ ...day, days: [...day.days], ...over }];
const freeze = (from: string, to: string) => [{ from, to, reason: 'quiet' }];
const april = freeze('2026-04-01T00:00:00Z', '2026-04-30T00:00:00Z');

describe('a change of a policy', () => {
  it.each([
    [{ approvalsRequired: 2 }, { approvalsRequired: 1 }, 'weaker'],
    [{ approvalsRequired: 1 }, { approvalsRequired: 2 }, 'stricter'],
    [{ executeRoles: ['admin'] }, { executeRoles: ['manager'] }, 'weaker'],
    [
      { executeRoles: ['manager', 'admin'] },
      { executeRoles: ['admin'] },
      'stricter',
    ],
    [{ selfApproval: false }, { selfApproval: true }, 'weaker'],
    [{ approvalValidHours: 24 }, { approvalValidHours: undefined }, 'weaker'],
    [{ approvalValidHours: undefined }, { approvalValidHours: 24 }, 'stricter'],
    [{ requireSuccessIn: 'stg' }, { requireSuccessIn: 'daily' }, 'weaker'],
    [{ requireSuccessIn: undefined }, { requireSuccessIn: 'stg' }, 'stricter'],
    [{ windows: undefined }, { windows: window({}) }, 'stricter'],
    [{ windows: window({}) }, { windows: undefined }, 'weaker'],
    [
      { windows: window({}) },
      { windows: window({ days: ['mon'], to: '09:00' }) },
      'stricter',
    ],
    [{ windows: window({}) }, { windows: window({ to: '07:00' }) }, 'weaker'],
    [
      { windows: window({}) },
      { windows: window({ timeZone: 'Europe/Berlin' }) },
      'weaker',
    ],
    [{ freezes: april }, { freezes: undefined }, 'weaker'],
    [{ freezes: undefined }, { freezes: april }, 'stricter'],
    [
      { freezes: april },
      { freezes: freeze('2026-03-01T00:00:00Z', '2026-05-30T00:00:00Z') },
      'stricter',
    ],
    [
      { freezes: april },
      { freezes: freeze('2026-04-02T00:00:00Z', '2026-05-30T00:00:00Z') },
      'weaker',
    ],
    // Over and gone.
    [
      { freezes: freeze('2026-03-01T00:00:00Z', '2026-03-02T00:00:00Z') },
      { freezes: undefined },
      'stricter',
    ],
    [
      { canary: { targets: 1, then: 'person' } },
      { canary: { targets: 1, then: { soakMinutes: 600 } } },
      'weaker',
    ],
    [
      { canary: { targets: 2, then: 'person' } },
      { canary: { targets: 1, then: 'person', waveSize: 5 } },
      'stricter',
    ],
    [
      { canary: { targets: 2, then: 'person', waveSize: 5 } },
      { canary: { targets: 2, then: 'person' } },
      'weaker',
    ],
    [{ stopAfterFailures: 1 }, { stopAfterFailures: undefined }, 'weaker'],
    [{ parallelism: 8 }, { parallelism: 9 }, 'weaker'],
    [
      { statementTimeoutSeconds: 60 },
      { statementTimeoutSeconds: 30 },
      'stricter',
    ],
  ])('from %j to %j is %s', (before, after, effect) => {
    const changes = policyChanges(
      { ...prdPolicy, ...before } as EnvironmentPolicy,
      { ...prdPolicy, ...after } as EnvironmentPolicy,
      NOW,
    );
    expect(changes).toMatchObject([{ field: Object.keys(after)[0], effect }]);
    expect(changes[0].text).toMatch(/^[A-Z0-9].*\. Before: .*\.$/);
  });

  it('is weaker one way or the other, or both, and never silent', () => {
    fc.assert(
      fc.property(policies, policies, (one, other) => {
        const there = policyChanges(one, other, NOW);
        const back = policyChanges(other, one, NOW);
        expect(there.map(({ field }) => field)).toEqual(
          back.map(({ field }) => field),
        );
        expect(policyChanges(one, one, NOW)).toEqual([]);
        // Windows that mean the same, and freezes that are over, differ without being weaker.
        for (const [index, change] of there.entries()) {
          if (['windows', 'freezes'].includes(change.field)) continue;
          expect([change.effect, back[index].effect]).toContain('weaker');
        }
      }),
    );
  });
});

describe('the floor', () => {
  it('is under every policy that was lifted to it, which changes nothing else', () => {
    fc.assert(
      fc.property(policies, policies, (policy, floor) => {
        const lifted = liftToFloor(policy, floor, NOW);
        expect(belowFloor(lifted, floor, NOW)).toEqual([]);
        expect(belowFloor(policy, {}, NOW)).toEqual([]);
        const below = belowFloor(policy, floor, NOW).map(({ field }) => field);
        for (const key of Object.keys(policy) as (keyof EnvironmentPolicy)[]) {
          expect(lifted[key]).toEqual(
            below.includes(key) ? floor[key] : policy[key],
          );
        }
      }),
    );
  });

  it('says which rule it does not allow, and what it does', () => {
    expect(
      belowFloor(prdPolicy, { approvalsRequired: 2, selfApproval: false }, NOW),
    ).toEqual([
      {
        field: 'approvalsRequired',
        message:
          'approvalsRequired: the configuration allows nothing weaker than this: 2 approvals needed.',
      },
    ]);
  });
});
