import { Plan } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { sha256 } from '../crypto/canonical';
import { scriptMismatch } from './scripts';

const SQL = 'select 1; select 2;';

function planOf(change: Partial<Plan> = {}): Plan {
  const statement = (start: number, end: number) => ({
    start,
    end,
    line: 1,
    sha256: sha256(SQL.slice(start, end)),
    kind: 'SELECT',
    transactional: 'yes' as const,
  });
  return {
    engine: 'postgres',
    splitter: 'test/1',
    mode: 'single_transaction',
    checksum: sha256(SQL),
    statements: [statement(0, 8), statement(10, 18)],
    units: [{ first: 0, last: 1, transactional: true }],
    ...change,
  };
}

const check = (plan: Plan, sql = SQL) =>
  scriptMismatch({ bytes: Buffer.from(sql), plan, checksum: sha256(SQL) });

describe('what is about to be sent', () => {
  it('is what was approved', async () => {
    await expect(check(planOf())).resolves.toBeUndefined();
  });

  it('is refused when a byte of the script differs', async () => {
    await expect(check(planOf(), `${SQL} `)).resolves.toContain('checksum');
  });

  it('is refused when the plan was made for another script', async () => {
    const plan = planOf({ checksum: sha256('other') });
    await expect(check(plan)).resolves.toContain('checksum');
  });

  it('is refused when a statement is cut elsewhere', async () => {
    const plan = planOf();
    plan.statements[1].end = 19;
    await expect(check(plan)).resolves.toContain('Statement 2');
  });

  it('is refused when a statement would be sent twice', async () => {
    const { statements } = planOf();
    const twice = planOf({ statements: [statements[0], statements[0]] });
    await expect(check(twice)).resolves.toContain('Statement 2');
  });

  it.each([
    [
      'a statement in two units',
      [[0, 1, true] as const, [1, 1, true] as const],
    ],
    ['a unit beyond the end', [[0, 2, true] as const]],
    ['two statements outside a transaction', [[0, 1, false] as const]],
    ['two transactions', [[0, 0, true] as const, [1, 1, true] as const]],
  ])('is refused when the plan has %s', async (_, units) => {
    const plan = planOf({
      units: units.map(([first, last, transactional]) => ({
        first,
        last,
        transactional,
      })),
    });
    await expect(check(plan)).resolves.toContain(
      'not one that can be executed',
    );
  });
});
