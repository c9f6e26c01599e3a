import { Divergence, divergenceOf } from './reconciliation';

const OLD = 'a'.repeat(64);
const NEW = 'b'.repeat(64);
const key = { migrationKey: 'add-items' };
const applied = { ...key, checksumUp: NEW, removed: false };
const removed = { ...key, removed: true };
const doubtful = { ...key, removed: false };
const row = (checksumUp: string, ours: boolean) => ({ checksumUp, ours });

const agrees: Divergence | undefined = undefined;
const lost = (reason: Divergence['reason']) => ({ kind: 'lost', reason });
const foreign = (reason: Divergence['reason']) => ({ kind: 'foreign', reason });

describe('what the hub holds against what the target holds', () => {
  it.each([
    ['applied, row there', applied, row(NEW, true), agrees],
    ['applied, row gone', applied, undefined, lost('missing')],
    [
      'applied, other row of ours',
      applied,
      row(OLD, true),
      lost('other_checksum'),
    ],
    [
      'applied, other row of others',
      applied,
      row(OLD, false),
      lost('other_checksum'),
    ],
    ['found there and skipped', applied, row(NEW, false), foreign('not_ours')],
    ['rolled back, no row', removed, undefined, agrees],
    [
      'rolled back, our row is back',
      removed,
      row(NEW, true),
      foreign('rolled_back'),
    ],
    [
      'rolled back, row of others',
      removed,
      row(NEW, false),
      foreign('not_ours'),
    ],
    ['in doubt, no row', doubtful, undefined, agrees],
    ['in doubt, row of ours', doubtful, row(NEW, true), agrees],
    ['never heard of', undefined, row(NEW, false), foreign('not_ours')],
    ['ours, but not finished yet', undefined, row(NEW, true), agrees],
  ])('%s', (_, held, found, expected) => {
    expect(divergenceOf(held, found)).toEqual(expected);
  });
});
