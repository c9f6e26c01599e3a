import { TransactionMode } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Plan, PlanResult } from '../../plan';
import { KitContext, sha256, Teller } from '../KitContext';

const PROTECTED = ['migrations', 'migrations_ledger'];

export function planStories(kit: KitContext, { chapter, story }: Teller): void {
  async function ask(
    sql: string,
    mode: TransactionMode = 'auto',
  ): Promise<PlanResult> {
    const result = await kit.driver.plan({
      sql,
      mode,
      protectedTables: PROTECTED,
    });
    const errors = result.problems.filter(
      ({ severity }) => severity === 'error',
    );
    // The contract: a plan exactly if nothing is wrong.
    expect([result.plan !== undefined, errors]).toEqual([
      errors.length === 0,
      errors,
    ]);
    return result;
  }

  async function accepted(sql: string, mode?: TransactionMode): Promise<Plan> {
    const { plan, problems } = await ask(sql, mode);
    if (!plan) {
      throw new Error(`Refused: ${JSON.stringify(problems)}`);
    }
    const bytes = Buffer.from(sql, 'utf8');
    expect(plan.engine).toBe(kit.driver.engine);
    expect(plan.checksum).toBe(sha256(sql));
    let end = 0;
    for (const statement of plan.statements) {
      const text = bytes.subarray(statement.start, statement.end).toString();
      expect(statement.start).toBeGreaterThanOrEqual(end);
      expect(statement.sha256).toBe(sha256(text));
      end = statement.end;
    }
    return plan;
  }

  chapter('plan', () => {
    for (const sample of kit.samples.plans) {
      const { sql, mode, expected } = sample;
      story(`${sample.story} (${mode}): ${expected.mode}`, async () => {
        const plan = await accepted(sql, mode);
        expect({
          mode: plan.mode,
          units: plan.units.map(unit => [
            unit.first,
            unit.last,
            unit.transactional,
          ]),
        }).toEqual(expected);
      });
    }

    for (const sample of kit.samples.refusals) {
      const { sql, mode, code, line } = sample;
      story(`refuses ${sample.story}: ${code}`, async () => {
        const result = await ask(sql, mode);
        expect(result.problems).toContainEqual(
          expect.objectContaining({ code, line, severity: 'error' }),
        );
      });
    }

    for (const { sql, leaves } of kit.samples.leavings) {
      story(`sees that ${sql} leaves ${leaves ?? 'nothing'}`, async () => {
        const [statement] = (await ask(sql)).statements;
        expect(statement).toBeDefined();
        // Absent, not undefined: plans are hashed.
        expect('leaves' in statement).toBe(leaves !== undefined);
        expect(statement.leaves).toBe(leaves);
      });
    }

    story('takes an empty script and one of comments as a no-op', async () => {
      for (const sql of ['', '\n', '-- nothing\n', '/* nothing */;\n;;']) {
        const plan = await accepted(sql);
        expect([sql, plan.statements, plan.units]).toEqual([sql, [], []]);
      }
    });

    story(
      'counts bytes and lines through comments and letters beyond ASCII',
      async () => {
        const sql =
          "-- größer\nINSERT INTO t VALUES ('ünï; 😀');\n\n/* ; */ INSERT INTO t VALUES ('b');\n";
        const plan = await accepted(sql);
        const bytes = Buffer.from(sql);
        const texts = plan.statements.map(({ start, end }) =>
          bytes.subarray(start, end).toString(),
        );
        expect(texts).toHaveLength(2);
        expect(texts[0]).toContain("INSERT INTO t VALUES ('ünï; 😀')");
        expect(texts[1]).toContain("INSERT INTO t VALUES ('b')");
        for (const { start, line } of plan.statements) {
          const before = bytes.subarray(0, start).toString();
          expect(line).toBe(before.split('\n').length);
        }
      },
    );

    story('makes the same plan of the same script', async () => {
      const sql = 'CREATE TABLE a (id int);\nINSERT INTO a VALUES (1);';
      expect(await accepted(sql)).toEqual(await accepted(sql));
    });

    story('refuses a script that touches our own tables', async () => {
      for (const sql of [
        'SELECT 1;\nDELETE FROM migrations;',
        'SELECT 1;\nDROP TABLE IF EXISTS widgets, Migrations_Ledger;',
      ]) {
        const { problems } = await ask(sql);
        expect(problems).toContainEqual(
          expect.objectContaining({
            code: 'PROTECTED_TABLE',
            severity: 'error',
            line: 2,
          }),
        );
      }
    });

    story(
      'cuts ten thousand statements and a hundred thousand nested comments',
      async () => {
        const inserts = Array.from(
          { length: 10_000 },
          (_, index) => `INSERT INTO widgets VALUES (${index}, 'a;b''c');\n`,
        );
        const plan = await accepted(inserts.join(''));
        expect(plan.statements).toHaveLength(10_000);
        expect(plan.statements[9_999].line).toBe(10_000);

        const comments = await kit.driver.plan({
          sql: `${'/* '.repeat(100_000)}${'*/ '.repeat(100_000)}SELECT 1;`,
          mode: 'auto',
          protectedTables: PROTECTED,
        });
        expect(comments.problems.length).toBeLessThan(10);
      },
    );
  });
}
