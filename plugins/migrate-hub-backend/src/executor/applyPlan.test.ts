import { Outcome } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  Plan,
  PlanUnit,
  TargetError,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { sha256 } from '../crypto/canonical';
import { RunRecord } from '../domain/types';
import {
  Fault,
  MemorySession,
  MemoryTarget,
} from './__testUtils__/MemoryTarget';
import { applyPlan, PlanEnd, PlanTask } from './applyPlan';
import { ItemAttempt } from './ItemAttempt';
import { Facts, needsSettlement, outcomeOf, statusOf } from './outcome';
import { settle } from './settle';

const run = { id: 'run', type: 'apply', engine: 'postgres' } as RunRecord;

/** Statements of one letter, cut as the units say: `ab` one transaction, `c!` on its own. */
function planOf(
  mode: Plan['mode'],
  shape: string[],
): {
  plan: Plan;
  bytes: Buffer;
} {
  const sql = shape.join('').replaceAll('!', '');
  const units: PlanUnit[] = [];
  let next = 0;
  for (const part of shape) {
    const transactional = !part.endsWith('!');
    const length = transactional ? part.length : 1;
    units.push({ first: next, last: next + length - 1, transactional });
    next += length;
  }
  const statements = [...sql].map((letter, index) => ({
    start: index,
    end: index + 1,
    line: index + 1,
    sha256: sha256(letter),
    kind: letter.toUpperCase(),
    transactional: 'yes' as const,
  }));
  const plan: Plan = {
    engine: 'postgres',
    splitter: 'test/1',
    mode,
    checksum: sha256(sql),
    statements,
    units,
  };
  return { plan, bytes: Buffer.from(sql) };
}

const SHAPES: [Plan['mode'], string[]][] = [
  ['single_transaction', []],
  ['single_transaction', ['abc']],
  ['stepwise', ['a!']],
  ['stepwise', ['ab', 'c!', 'de']],
  ['stepwise', ['a!', 'b!', 'cd']],
];

const LEDGER = {
  runItemId: 'item',
  direction: 'up' as const,
  migrationKey: 'key',
  runId: 'run',
  planHash: 'hash',
  attempt: 1,
  serverId: 'server/db',
};

function taskOn(
  target: MemoryTarget,
  [mode, shape]: [Plan['mode'], string[]],
): PlanTask {
  const item = {
    id: 'item',
    targetId: 'target',
    attempt: 1,
    recovered: false,
    recoveries: 0,
    logLines: 0,
  };
  return {
    session: new MemorySession(target),
    ...planOf(mode, shape),
    ledger: LEDGER,
    history: {
      migrationKey: 'key',
      checksumUp: 'up',
      appliedBy: 'jane@example.com',
      toolRunId: 'run',
    },
    attempt: new ItemAttempt(run, item),
  };
}

/** What really is in the database. */
function truthOf(target: MemoryTarget): Outcome {
  const { applied, history } = target.durable;
  if (history) return 'applied';
  return applied.length === 0 ? 'not_applied' : 'partially_applied';
}

async function settled(target: MemoryTarget, end: PlanEnd): Promise<Facts> {
  if (!needsSettlement(end.facts, end.ledgerOpen)) return end.facts;
  const settlement = await settle({
    connect: async () => new MemorySession(target),
    ledger: LEDGER,
    facts: end.facts,
    withinMs: 1_000,
    lockMs: 1_000,
    predecessor: { pid: '1', startedAt: '2026-01-01T00:00:00Z' },
    provable: true,
    found: () => undefined,
  });
  if (!settlement.settled) throw new Error(settlement.reason);
  return settlement.facts;
}

describe('executing a plan', () => {
  it.each(SHAPES)(
    '%s %j runs every statement once, in order',
    async (...shape) => {
      const target = new MemoryTarget();
      const task = taskOn(target, shape);
      const end = await applyPlan(task);
      expect(outcomeOf(end.facts)).toBe('applied');
      expect(target.durable.applied).toEqual([...task.bytes.toString()]);
      expect(target.durable).toMatchObject({
        history: true,
        ledger: { state: 'finished', position: task.plan.statements.length },
      });
    },
  );

  const cases = SHAPES.flatMap(shape =>
    (['refused', 'lost-before', 'lost-after'] as Fault[]).map(
      fault => [...shape, fault] as const,
    ),
  );

  it.each(cases)(
    '%s %j says what is true whenever a call is %s',
    async (mode, shape, fault) => {
      const clean = new MemoryTarget();
      await applyPlan(taskOn(clean, [mode, shape]));
      expect(clean.calls).toBeGreaterThan(2);

      const wrong: unknown[] = [];
      for (let call = 1; call <= clean.calls; call += 1) {
        const target = new MemoryTarget();
        target.failAt(call, fault);
        const task = taskOn(target, [mode, shape]);
        const end = await applyPlan(task);
        const outcome = outcomeOf(await settled(target, end));
        const { durable } = target;
        const state = durable.ledger?.state;

        // Only a statement outside a transaction may stay in doubt, and then
        // its mark stays in the ledger.
        const truths: (Outcome | false)[] = [
          truthOf(target),
          state === 'started' && 'unknown',
        ];
        // Nobody after us is blocked by a row of an item that did nothing.
        const expected: Record<Outcome, (string | undefined)[]> = {
          applied: ['finished'],
          not_applied: [undefined, 'not_applied'],
          partially_applied: ['running', 'started'],
          unknown: ['started'],
        };
        const states = expected[outcome];
        const once = new Set(durable.applied).size === durable.applied.length;
        if (!truths.includes(outcome) || !states.includes(state) || !once) {
          wrong.push({ call, outcome, durable });
        }
      }
      expect(wrong).toEqual([]);
    },
  );

  it('stops between statements when it is told to, and leaves nothing', async () => {
    for (const reason of ['canceled', 'shutdown', 'lost'] as const) {
      const target = new MemoryTarget();
      const task = taskOn(target, ['single_transaction', ['abc']]);
      const end = await applyPlan({
        ...task,
        failPoint: async (name, { index }) => {
          if (name === 'statement_done' && index === 1) {
            task.attempt.stop(reason);
          }
        },
      });
      expect(end.stopped).toBe(reason);
      expect(outcomeOf(end.facts)).toBe('not_applied');
      expect(target.durable.applied).toEqual([]);
    }
  });

  it('looks whether it has to stop before each statement that goes alone', async () => {
    const target = new MemoryTarget();
    const task = taskOn(target, ['single_transaction', ['abcDEF']]);
    const sent: string[] = [];
    const execute = task.session.execute.bind(task.session);
    task.session.execute = async sql => {
      sent.push(sql);
      if (sql === 'D') task.attempt.stop('shutdown');
      return execute(sql);
    };
    const end = await applyPlan(task);
    expect(end.stopped).toBe('shutdown');
    expect(sent).toEqual(['a', 'b', 'c', 'D']);
  });

  it('says what is there when a cancel comes between two steps', async () => {
    const target = new MemoryTarget();
    const task = taskOn(target, ['stepwise', ['ab', 'c!']]);
    const end = await applyPlan({
      ...task,
      failPoint: async name => {
        if (name === 'after_commit') task.attempt.stop('canceled');
      },
    });
    expect(outcomeOf(end.facts)).toBe('partially_applied');
    expect(statusOf(outcomeOf(end.facts), end.stopped)).toBe('failed');
    expect(target.durable).toMatchObject({
      applied: ['a', 'b'],
      ledger: { state: 'running', position: 2 },
    });
  });

  it('does not send a statement that was canceled after its mark', async () => {
    for (const reason of ['canceled', 'shutdown'] as const) {
      const target = new MemoryTarget();
      const task = taskOn(target, ['stepwise', ['a!']]);
      const end = await applyPlan({
        ...task,
        failPoint: async name => {
          if (name === 'intent_written') task.attempt.stop(reason);
        },
      });
      expect(end.stopped).toBe(reason);
      expect(outcomeOf(end.facts)).toBe('not_applied');
      expect(target.durable).toMatchObject({
        applied: [],
        ledger: { state: 'not_applied' },
      });
    }
  });

  it('asks for a cancel again where the server missed the first', async () => {
    const target = new MemoryTarget();
    const task = taskOn(target, ['single_transaction', ['abc']]);
    let asked = 0;
    const hears = (times: number) =>
      new Promise<never>((_, reject) => {
        task.session.cancel = async () => {
          asked += 1;
          if (asked < times) throw new Error('too early');
          reject(new TargetError({ code: 'CANCELED', message: 'Canceled' }));
        };
        task.attempt.stop('canceled');
      });
    task.session.execute = () => hears(2);
    const end = await applyPlan(task);
    expect(asked).toBe(2);
    expect(end.stopped).toBe('canceled');
    expect(outcomeOf(end.facts)).toBe('not_applied');
  });

  it('records what is complete even if a cancel comes before the record', async () => {
    const target = new MemoryTarget();
    const task = taskOn(target, ['stepwise', ['a!']]);
    const end = await applyPlan({
      ...task,
      failPoint: async name => {
        if (name === 'statement_done') task.attempt.stop('canceled');
      },
    });
    expect(outcomeOf(end.facts)).toBe('applied');
    expect(target.durable.history).toBe(true);
  });
});
