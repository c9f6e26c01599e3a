import {
  EnvironmentPolicy,
  ExecutionWindow,
  Freeze,
  Role,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import fc from 'fast-check';

/* Policies and moments for laws about them. */

const rolesOf = <R extends Role>(...roles: R[]) =>
  fc.uniqueArray(fc.constantFrom(...roles), { minLength: 1 });

const HOUR = 3_600_000;
const begin = Date.parse('2026-03-23T00:00:00Z');

/** Two weeks around a change of the clock in Europe. */
export const moments = fc
  .integer({ min: 0, max: 14 * 24 * 60 })
  .map(minutes => new Date(begin + minutes * 60_000));

const windows: fc.Arbitrary<ExecutionWindow> = fc
  .record({
    days: fc.uniqueArray(fc.constantFrom('mon', 'wed', 'fri', 'sat', 'sun'), {
      minLength: 1,
    }),
    from: fc.constantFrom('00:00', '02:30', '09:00', '22:00'),
    to: fc.constantFrom('03:00', '06:00', '17:30', '24:00'),
    timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York'),
  })
  .map(window => window as ExecutionWindow);

const freezes: fc.Arbitrary<Freeze> = fc
  .tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 100 }))
  .map(([from, hours]) => ({
    from: new Date(begin + from * HOUR).toISOString(),
    to: new Date(begin + (from + hours) * HOUR).toISOString(),
    reason: 'Quiet, please',
  }));

const records: fc.Arbitrary<EnvironmentPolicy> = fc.record(
  {
    requestRoles: rolesOf('user', 'manager', 'admin'),
    approveRoles: rolesOf('manager', 'admin'),
    executeRoles: rolesOf('user', 'manager', 'admin'),
    resolveRoles: rolesOf('manager', 'admin'),
    approvalsRequired: fc.integer({ min: 1, max: 20 }),
    selfApproval: fc.boolean(),
    approvalValidHours: fc.integer({ min: 1, max: 8760 }),
    requireSuccessIn: fc.constantFrom('daily', 'stg'),
    windows: fc.array(windows, { minLength: 1, maxLength: 3 }),
    freezes: fc.array(freezes, { minLength: 1, maxLength: 2 }),
    lockTimeoutSeconds: fc.integer({ min: 1, max: 600 }),
    statementTimeoutSeconds: fc.integer({ min: 1, max: 600 }),
    parallelism: fc.integer({ min: 1, max: 100 }),
    stopAfterFailures: fc.integer({ min: 1, max: 5 }),
    canary: fc.record(
      {
        targets: fc.integer({ min: 1, max: 20 }),
        then: fc.oneof(
          fc.constant('person' as const),
          fc.record({ soakMinutes: fc.integer({ min: 1, max: 600 }) }),
        ),
        waveSize: fc.integer({ min: 1, max: 20 }),
      },
      { requiredKeys: ['targets', 'then'] },
    ),
  },
  {
    requiredKeys: [
      'requestRoles',
      'approveRoles',
      'executeRoles',
      'resolveRoles',
      'approvalsRequired',
      'selfApproval',
      'lockTimeoutSeconds',
      'statementTimeoutSeconds',
      'parallelism',
    ],
  },
);

/** As they are read from JSON: fast-check also makes objects without a prototype, which compare unequal. */
export const policies = records.map(
  (policy): EnvironmentPolicy => JSON.parse(JSON.stringify(policy)),
);
