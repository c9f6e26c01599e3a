import fc from 'fast-check';
import {
  Plan,
  PlannedStatement,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { canonicalJson, sha256 } from '../crypto/canonical';
import { planTextOf, readPlanText } from './planText';

const statement = (index: number, kind: string): PlannedStatement => ({
  start: index * 10,
  end: index * 10 + 9,
  line: index + 1,
  sha256: sha256(String(index)),
  kind,
  transactional: index % 2 ? 'yes' : 'no',
  ...(index % 3 ? {} : { leaves: 'settings' as const }),
});

const planOf = (kinds: string[]): Plan => ({
  engine: 'postgres',
  splitter: 'postgres/1',
  mode: 'stepwise',
  checksum: sha256('all'),
  statements: kinds.map((kind, index) => statement(index, kind)),
  units: kinds.map((_, index) => ({
    first: index,
    last: index,
    transactional: index % 2 === 1,
  })),
});

describe('the text of a plan', () => {
  it('is its canonical JSON, and reads back as the same plan, whatever stands in it', async () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('},{"end":', '],"units":', '"statements":[', '\\"},{'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(nasty, { maxLength: 8 }), async kinds => {
        const plan = planOf(kinds);
        const { text, hash } = await planTextOf(plan);
        expect(text).toBe(canonicalJson(plan));
        expect(hash).toBe(sha256(text));
        expect(await readPlanText(text, hash)).toEqual(plan);
      }),
    );
  });

  it('is the same for more statements than fit into one stretch', async () => {
    const plan = planOf(Array.from({ length: 9_001 }, () => '},{"end":'));
    const { text, hash } = await planTextOf(plan);
    expect(text).toBe(canonicalJson(plan));
    expect(await readPlanText(text, hash)).toEqual(plan);
  });

  it('that was changed is refused', async () => {
    const { text, hash } = await planTextOf(planOf(['INSERT']));
    await expect(
      readPlanText(text.replace('INSERT', 'DELETE'), hash),
    ).rejects.toThrow('was changed');
  });
});
