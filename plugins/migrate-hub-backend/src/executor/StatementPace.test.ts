import { PlannedStatement } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { StatementPace } from './StatementPace';

function statementsOf(lengths: number[]): PlannedStatement[] {
  let at = 0;
  return lengths.map(length => {
    const start = at;
    at += length;
    const common = { line: 1, sha256: '', kind: 'INSERT INTO' };
    return { ...common, start, end: at, transactional: 'yes' };
  });
}

/** How many leave together, if each takes so long. */
function groups(lengths: number[], msEach: number): number[] {
  const pace = new StatementPace(statementsOf(lengths));
  const found: number[] = [];
  for (let at = 0; at < lengths.length; ) {
    const count = pace.next(at, lengths.length - 1);
    found.push(count);
    pace.took(count * msEach);
    at += count;
  }
  return found;
}

const alike = (count: number, bytes = 100) => Array<number>(count).fill(bytes);

it('quick ones leave together, more and more up to a limit', () => {
  expect(groups(alike(800), 0.1)).toEqual([
    1, 2, 4, 8, 16, 32, 64, 128, 256, 256, 33,
  ]);
});

it('slow ones go alone', () => {
  expect(groups(alike(3), 60)).toEqual([1, 1, 1]);
});

it('what takes a moment is not outgrown', () => {
  expect(groups(alike(100), 5)).toEqual([1, 2, 4, 8, 16, 8, 16, 8, 16, 8, 13]);
});

it('large ones are not gathered', () => {
  expect(groups(alike(7, 200_000), 0.1)).toEqual([1, 2, 2, 2]);
  expect(groups([100, 100, 900_000, 100], 0.1)).toEqual([1, 1, 1, 1]);
});
