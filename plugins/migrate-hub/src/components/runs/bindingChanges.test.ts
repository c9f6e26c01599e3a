import { Binding } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { aRun } from '../../__testUtils__/fixtures';
import { bindingChanges } from './bindingChanges';

const target: Binding['targets'][number] = {
  id: '0197b2c4-0000-7000-8000-000000000001',
  serverIdentity: 'server-1/auth',
  engine: 'postgres',
  host: 'db-1',
  port: 5432,
  database: 'auth',
  username: 'migrate_hub',
  tls: { mode: 'disable' },
  historyTable: 'migrations',
};
const binding: Binding = { ...aRun({}).binding, targets: [target] };
const changesTo = (change: Partial<Binding>) =>
  bindingChanges(binding, { ...binding, ...change });

describe('what differs between two states of a run', () => {
  it('is nothing if nothing does', () => {
    expect(changesTo({ revision: binding.revision + 1 })).toEqual([]);
  });

  it.each([
    [{ version: 9 }, 'version', '9'],
    [{ lockTimeoutSeconds: 7 }, 'lockTimeoutSeconds', '7'],
    [
      { schedule: { notBefore: '2026-12-01T08:00:00.000Z' } },
      'notBefore',
      '2026-12-01T08:00:00.000Z',
    ],
    [{ rollout: { ...binding.rollout, parallelism: 99 } }, 'parallelism', '99'],
    [
      { rollout: { ...binding.rollout, stopAfterFailures: 3 } },
      'stopAfterFailures',
      '3',
    ],
    [
      {
        rollout: {
          ...binding.rollout,
          canary: { targets: 1, then: 'person' as const, waveSize: 5 },
        },
      },
      'canary',
      '1 first, then a person, waves of 5',
    ],
    [
      {
        rollout: {
          ...binding.rollout,
          canary: { targets: 2, then: { soakMinutes: 30 } },
        },
      },
      'canary',
      '2 first, then 30 min',
    ],
  ])('names what an approval covers: %j', (change, field, after) => {
    expect(changesTo(change)).toEqual([
      expect.objectContaining({ kind: 'field', field, after }),
    ]);
  });

  it('names targets that came, went and moved', () => {
    const moved = { ...target, host: 'db-2' };
    const added = { ...target, id: '0197b2c4-0000-7000-8000-000000000002' };
    expect(changesTo({ targets: [moved] })).toEqual([
      expect.objectContaining({
        kind: 'target',
        after: expect.stringContaining('db-2'),
      }),
    ]);
    expect(changesTo({ targets: [] })).toEqual([
      expect.objectContaining({ kind: 'gone' }),
    ]);
    expect(changesTo({ targets: [target, added] })).toEqual([
      expect.objectContaining({ kind: 'added' }),
    ]);
  });
});
