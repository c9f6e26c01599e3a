import fc from 'fast-check';
import {
  Binding,
  bindingSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { canonicalJson } from '../crypto/canonical';
import { buildBinding, BindingInput, digestOf } from './binding';
import { PLAN, prdPolicy, target, UP } from './__testUtils__/records';
import { DbTargetRecord } from './types';

const input = (over: Partial<BindingInput> = {}): BindingInput => ({
  runId: '0190a000-0000-7000-8000-000000000001',
  revision: 1,
  type: 'apply',
  environment: 'prd',
  migrationKey: 'auth-142',
  version: 1,
  planHash: PLAN,
  checksum: UP,
  mode: 'single_transaction',
  policy: prdPolicy,
  targets: [
    target({ id: '0190a000-0000-7000-8000-00000000000b' }),
    target({ id: '0190a000-0000-7000-8000-00000000000a', name: 'other' }),
  ],
  ...over,
});

type Path = (string | number)[];

function leavesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    leavesOf(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function changedAt(value: unknown, [key, ...rest]: Path): unknown {
  if (key === undefined) {
    if (typeof value === 'number') return value + 1;
    return typeof value === 'boolean' ? !value : `${value}x`;
  }
  if (Array.isArray(value)) {
    return value.map((inner, i) =>
      i === key ? changedAt(inner, rest) : inner,
    );
  }
  const members = Object.entries(value as object);
  return Object.fromEntries(
    members.map(([name, inner]) => [
      name,
      name === key ? changedAt(inner, rest) : inner,
    ]),
  );
}

const fixedRollout = {
  ...{ lockTimeoutSeconds: 10, statementTimeoutSeconds: 600, parallelism: 4 },
  stopAfterFailures: 2,
  canary: { targets: 1, then: { soakMinutes: 30 }, waveSize: 10 },
};

const binding = buildBinding(input());
const digest = digestOf(binding);

describe('the digest that an approver agrees to', () => {
  // What was approved years ago has to be what is computed today. If one of
  // these changes, approvals are void: make a new scheme instead.
  it.each([
    [
      'migrate-hub/run/1',
      '2d9f5e9a5896380736b38d588200c5778c631684a79dab8df79554792adb52cb',
    ],
    [
      'migrate-hub/run/2',
      '1f2f89f004f2a087ece5fff95596d33222d6fa4c51642342454e073f6836cd58',
    ],
  ] as const)('of scheme %s never changes', (scheme, expected) => {
    const policy = { ...prdPolicy, ...fixedRollout };
    const notBefore = '2026-11-25T03:00:00.000Z';
    const fixed = buildBinding(input({ scheme, policy, notBefore }));
    expect(digestOf(fixed)).toBe(expected);
  });

  it('is of a binding in the contract’s form, the same after a round trip', () => {
    expect(bindingSchema.parse(binding)).toEqual(binding);
    const stored = JSON.parse(canonicalJson(binding)) as Binding;
    expect(digestOf(stored)).toBe(digest);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each(leavesOf(binding).map(path => [path.join('.'), path] as const))(
    'changes with %s',
    (_name, path) => {
      expect(digestOf(changedAt(binding, path) as Binding)).not.toBe(digest);
    },
  );

  it.each<[string, Partial<DbTargetRecord>]>([
    ['server', { serverIdentity: 'elsewhere/auth' }],
    ['unknown server', { serverIdentity: undefined }],
    ['engine', { engine: 'mysql' }],
    ['host', { host: 'db-2' }],
    ['port', { port: 5433 }],
    ['database', { database: 'pay' }],
    ['username', { username: 'root' }],
    ['TLS mode', { tls: { mode: 'require' } }],
    ['CA', { tls: { mode: 'verify-full', ca: 'other' } }],
    [
      'readable password',
      { tls: { mode: 'verify-full', ca: 'PEM', allowInsecurePassword: true } },
    ],
    ['history table', { historyTable: 'hub_migrations' }],
    ['history schema', { historySchema: 'hub' }],
    ['no history schema', { historySchema: undefined }],
  ])('changes with the %s of a target', (_name, change) => {
    const [first, second] = input().targets;
    const changed = input({ targets: [first, { ...second, ...change }] });
    expect(digestOf(buildBinding(changed))).not.toBe(digest);
  });

  it('does not change with a new password, a new name or a test', () => {
    const targets = input().targets.map(one => ({
      ...one,
      name: 'renamed',
      secret: 'another ciphertext',
      revision: 9,
      disabled: true,
      lastTestAt: new Date(0),
    }));
    expect(digestOf(buildBinding(input({ targets })))).toBe(digest);
  });

  it('changes when a target comes or goes', () => {
    const { targets } = input();
    const more = [...targets, target({ id: 'c' })];
    const digests = [more, targets, targets.slice(1), targets.slice(0, 1)].map(
      list => digestOf(buildBinding(input({ targets: list }))),
    );
    expect(new Set(digests).size).toBe(4);
  });

  it('is checked by the scheme that the binding names, with nothing that scheme does not know', () => {
    const policy = {
      ...prdPolicy,
      stopAfterFailures: 1,
      canary: { targets: 1, then: 'person' as const },
    };
    const notBefore = '2026-12-01T00:00:00Z';
    const later = buildBinding(input({ policy, notBefore }));
    expect(later).toMatchObject({
      scheme: 'migrate-hub/run/2',
      schedule: { notBefore },
      rollout: { parallelism: 8, stopAfterFailures: 1, canary: policy.canary },
    });
    const { schedule, ...rest } = later;
    expect(
      buildBinding(input({ scheme: 'migrate-hub/run/1', policy, notBefore })),
    ).toEqual({
      ...rest,
      scheme: 'migrate-hub/run/1',
      rollout: { parallelism: 8 },
    });
  });

  it('changes with when it may start', () => {
    const notBefore = '2026-12-01T00:00:00Z';
    expect(digestOf(buildBinding(input({ notBefore })))).not.toBe(digest);
  });

  it('changes with the timeouts and the rollout of the policy, not with the rest of it', () => {
    const withPolicy = (over: Partial<typeof prdPolicy>) =>
      digestOf(buildBinding(input({ policy: { ...prdPolicy, ...over } })));
    expect(withPolicy({ approvalsRequired: 5 })).toBe(digest);
    expect(withPolicy({ lockTimeoutSeconds: 1 })).not.toBe(digest);
    expect(withPolicy({ statementTimeoutSeconds: 1 })).not.toBe(digest);
    expect(withPolicy({ parallelism: 1 })).not.toBe(digest);
    expect(withPolicy({ stopAfterFailures: 1 })).not.toBe(digest);
    const canary = { targets: 1, then: 'person' as const };
    expect(withPolicy({ canary })).not.toBe(digest);
  });

  it('does not depend on the order of keys or of targets', () => {
    const targets = ['d', 'a', 'C', 'é', 'b', 'Z'].map(id => target({ id }));
    const expected = digestOf(buildBinding(input({ targets })));
    fc.assert(
      fc.property(
        fc.shuffledSubarray(targets, { minLength: targets.length }),
        fc.shuffledSubarray(Object.entries(buildBinding(input())), {
          minLength: Object.keys(binding).length,
        }),
        (shuffled, entries) => {
          expect(digestOf(buildBinding(input({ targets: shuffled })))).toBe(
            expected,
          );
          expect(digestOf(Object.fromEntries(entries) as Binding)).toBe(digest);
        },
      ),
    );
  });
});
