import { CapturingLogger } from '../__testUtils__/CapturingLogger';
import { LostLease } from '../services/RunItemsService';
import { newId } from '../store/Database';
import { beat } from '../store/executors';
import { ItemResult } from '../store/runItemAttempts';
import { ExecutionWorld } from './__testUtils__/ExecutionWorld';
import { preventClaim } from './__testUtils__/preventClaim';
import { EndedAttempts } from './EndedAttempts';
import { Flusher } from './Flusher';
import { ItemAttempt } from './ItemAttempt';
import { EXECUTOR_KNOWS } from './knows';
import { ExecutorMetrics } from './metrics';
import { WorkerStore } from './WorkerStore';

jest.setTimeout(60_000);

const EXECUTED: ItemResult = {
  status: 'executed',
  outcome: 'applied',
  statementsDone: 1,
};

describe('what items at work have in common', () => {
  const executorId = newId();
  let world: ExecutionWorld;

  beforeEach(async () => {
    world = await ExecutionWorld.create({ targets: 4 });
    await beat(world.knex, {
      id: executorId,
      host: 'here',
      leaseSeconds: 60,
      knows: EXECUTOR_KNOWS,
    });
  });

  afterEach(() => world.drop());

  const ask = {
    executorId,
    leaseSeconds: 60,
    knows: EXECUTOR_KNOWS,
    slots: 5,
  };

  async function queued(key: string): Promise<string> {
    const runId = await world.request({
      key,
      sqlUp: `create table ${key} ();`,
    });
    await world.execute(runId);
    return runId;
  }

  async function claim(key: string): Promise<ItemAttempt[]> {
    await queued(key);
    const { claims } = await world.items.claim(ask);
    return claims.flatMap(({ run, items }) =>
      items.map(item => new ItemAttempt(run, item)),
    );
  }

  /** Tables that statements name, of everything sent meanwhile. */
  async function sent(meanwhile: () => Promise<unknown>): Promise<string[]> {
    const texts: string[] = [];
    const note = ({ sql }: { sql: string }) => texts.push(sql);
    world.knex.on('query', note);
    await meanwhile();
    world.knex.removeListener('query', note);
    return texts;
  }

  it.each([
    { broken: 'the older', order: [0, 1] },
    { broken: 'the younger', order: [1, 0] },
  ])(
    'one of two runs is claimed, though $broken cannot be, and that is told',
    async ({ order }) => {
      const runIds = [await queued('first'), await queued('second')];
      const [broken, good] = order.map(index => runIds[index]);
      await preventClaim(world.knex, broken);
      const { claims, contended, failure } = await world.items.claim(ask);
      expect(claims.map(({ run }) => run.id)).toEqual([good]);
      expect(contended).toBe(false);
      expect(failure?.message).toMatch(`run ${broken} cannot be claimed`);
      expect(failure?.message).toMatch('its row is broken');
    },
  );

  it('that the only run cannot be claimed is no failure of the look', async () => {
    const broken = await queued('broken');
    await preventClaim(world.knex, broken);
    const { claims, failure } = await world.items.claim(ask);
    expect(claims).toEqual([]);
    expect(failure?.message).toMatch(`run ${broken} cannot be claimed`);
  });

  it('is asked once for all of them, and each gets its own answer', async () => {
    const [one, two, three] = await claim('orders');
    const failure = new Error('the gate is broken');
    const asked: string[][] = [];
    const store = WorkerStore.create({
      knex: world.knex,
      gate: {
        claimBlockers: async (_knex, { runId, targetIds }) => {
          if (runId !== one.run.id) throw failure;
          asked.push(targetIds);
          const closed = { code: 'NOT_APPROVED' as const, message: 'closed' };
          const blockers = targetIds.map(id =>
            id === two.targetId ? [closed] : [],
          );
          return { blockers, canceled: false };
        },
      },
    });

    const nobody = newId();
    let targets: unknown[] = [];
    const reads = await sent(async () => {
      targets = await Promise.all(
        [one.targetId, nobody, two.targetId].map(id => store.target(id)),
      );
    });
    expect(reads).toHaveLength(1);
    expect(targets).toMatchObject([
      { id: one.targetId },
      {},
      { id: two.targetId },
    ]);
    expect(targets[1]).toBeUndefined();

    const session = (pid: string) => ({ pid, startedAt: 'today' });
    const stale = { ...two.fence, attempt: two.attempt + 1 };
    let kept: boolean[] = [];
    const writes = await sent(async () => {
      kept = await Promise.all([
        store.saveSession(one.fence, session('1')),
        store.saveSession(stale, session('2')),
        store.saveSession(three.fence, session('3')),
      ]);
    });
    expect(writes).toHaveLength(1);
    expect(kept).toEqual([true, false, true]);
    const sessions = new Map(
      (await world.itemsOf(one.run.id)).map(item => [item.id, item.session]),
    );
    expect(sessions.get(one.itemId)).toEqual(session('1'));
    expect(sessions.get(two.itemId)).toBeUndefined();
    expect(sessions.get(three.itemId)).toEqual(session('3'));

    const answers = await Promise.allSettled([
      store.gateAnswer(one.run.id, one.targetId),
      store.gateAnswer(newId(), two.targetId),
      store.gateAnswer(one.run.id, two.targetId),
    ]);
    expect(answers).toEqual([
      { status: 'fulfilled', value: { blockers: [], canceled: false } },
      { status: 'rejected', reason: failure },
      {
        status: 'fulfilled',
        value: {
          blockers: [{ code: 'NOT_APPROVED', message: 'closed' }],
          canceled: false,
        },
      },
    ]);
    expect(asked).toEqual([[one.targetId, two.targetId]]);
  });

  it('ends in one transaction, without what is in other hands by now', async () => {
    const [one, two, three, four] = await claim('orders');
    const runId = one.run.id;
    const finished: string[] = [];
    const flusher = Flusher.create({
      knex: world.knex,
      logger: new CapturingLogger(),
    });
    const metrics: ExecutorMetrics = {
      runStarted: () => undefined,
      leaseLost: () => undefined,
      itemFinished: ({ status }) => finished.push(status),
      runFinished: ({ status }) => finished.push(`run ${status}`),
    };
    const ended = EndedAttempts.create({
      items: world.items,
      flusher,
      metrics,
    });
    const ending = { result: EXECUTED, message: 'Applied.' };
    const failedEnding = {
      message: 'Failed.',
      result: {
        status: 'failed' as const,
        outcome: 'not_applied' as const,
        statementsDone: 0,
        error: { code: 'STATEMENT_FAILED', message: 'no such table' },
      },
    };
    await world
      .knex('run_items')
      .where({ id: three.itemId })
      .increment('attempt');
    one.log.conclude('info', 'Applied.');
    // Words of a server that the store cannot hold must not keep the others waiting.
    one.found('Asked the target', 'key \u0000, half a \ud800');
    one.waitFor('session \u0000');

    const said: PromiseSettledResult<void>[] = [];
    const statements = await sent(async () => {
      said.push(
        ...(await Promise.allSettled([
          ended.record(one, ending),
          ended.record(two, failedEnding),
          ended.record(three, ending),
        ])),
      );
    });
    const updates = statements.filter(sql => sql.includes('with ending'));
    expect(updates).toHaveLength(1);
    expect(said).toEqual([
      { status: 'fulfilled', value: undefined },
      { status: 'fulfilled', value: undefined },
      { status: 'rejected', reason: expect.any(LostLease) },
    ]);
    const statusOf = async ({ itemId }: ItemAttempt) =>
      (await world.itemsOf(runId)).find(item => item.id === itemId);
    expect(await statusOf(one)).toMatchObject({
      status: 'executed',
      outcome: 'applied',
      statementsDone: 1,
      evidence: [
        { check: 'Asked the target', result: 'key \ufffd, half a \ufffd' },
      ],
    });
    expect(await statusOf(two)).toMatchObject({
      status: 'failed',
      outcome: 'not_applied',
      error: { code: 'STATEMENT_FAILED' },
    });
    expect(await statusOf(three)).toMatchObject({ status: 'running' });
    expect(finished).toEqual(['executed', 'failed']);
    expect(await world.statusOf(runId)).toBe('running');
    expect((await world.logOf(runId)).map(line => line.message)).toEqual([
      'Applied.',
    ]);

    three.fence.attempt += 1;
    await Promise.all([
      ended.record(three, ending),
      ended.recordAlone(four, ending),
    ]);
    expect(finished.slice(2)).toEqual(['executed', 'executed', 'run failed']);
    expect(await world.statusOf(runId)).toBe('failed');
    expect((await world.auditActions(runId)).sort()).toEqual([
      'run.finished',
      'run.started',
      ...Array(4).fill('run_item.finished'),
    ]);
  });
});
