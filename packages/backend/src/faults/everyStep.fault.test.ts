import { TestServerName } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { HubProcess } from '../acceptance/__testUtils__/HubProcess';
import { FaultTarget } from './__testUtils__/FaultTarget';
import { enginesHere, FaultWorld } from './__testUtils__/FaultWorld';
import { Ended, Formation } from './__testUtils__/Formation';
import { tableOf, violationsIn } from './__testUtils__/report';
import { places } from './__testUtils__/scripts';

const isLong = process.env.MIGRATE_HUB_FAULTS === 'all';

jest.setTimeout(isLong ? 900_000 : 170_000);

const needed = places.transaction.length + places.steps.length;

describe('A fault at every step of the work, on every engine', () => {
  const targets = new Map<TestServerName, FaultTarget[]>();
  let world: FaultWorld;
  let worker: HubProcess;
  let formation: Formation;

  beforeAll(async () => {
    world = await FaultWorld.create();
    const [started] = await Promise.all([
      world.startWorker(),
      ...enginesHere.map(async engine => {
        targets.set(engine, await world.createTargets(engine, needed));
      }),
    ]);
    worker = started;
  });
  afterEach(async () => {
    // A story that broke off must not keep its targets from the next one.
    await formation?.release();
    await formation?.ended();
  });
  afterAll(async () => world?.stop());

  async function takeUp(): Promise<void> {
    formation = await Formation.plan(world, targets);
    await formation.takeUp(worker);
  }

  /** Reads the targets, prints what happened, and holds it to the promise. */
  async function judge(): Promise<Ended[]> {
    const results = await formation.ended();
    process.stdout.write(`${tableOf(results).join('\n')}\n`);
    const violations = violationsIn(results);
    for (const one of violations) process.stdout.write(`${one}\n`);
    expect(violations).toEqual([]);
    return results;
  }

  const endings = (results: Ended[], kind: Ended['kind']) =>
    new Set(
      results
        .filter(one => one.kind === kind)
        .map(({ item }) => `${item.status}/${item.outcome}`),
    );

  it('group 2: the sessions are terminated', async () => {
    await takeUp();
    for (const target of formation.targets) await target.endHubSessions();
    await formation.release();
    const results = await judge();
    for (const ending of endings(results, 'transaction')) {
      expect(['executed/applied', 'failed/not_applied']).toContain(ending);
    }
  });

  it('group 14: the runs are canceled, twice', async () => {
    await takeUp();
    for (const id of formation.runIds) {
      const cancel = { params: { id }, body: { reason: 'stop this' } };
      await world.manager.call('cancelRun', cancel);
      const twice = await world.manager.refused('cancelRun', cancel);
      expect(twice.message).toContain('being canceled already');
    }
    await formation.release();
    const results = await judge();
    for (const ending of endings(results, 'transaction')) {
      expect(['executed/applied', 'canceled/not_applied']).toContain(ending);
    }
    const late = results.filter(({ place }) => place === 'closed');
    expect(new Set(late.map(({ item }) => item.outcome))).toEqual(
      new Set(['applied']),
    );
    for (const id of formation.runIds) {
      const after = await world.manager.refused('cancelRun', {
        params: { id },
        body: { reason: 'too late' },
      });
      expect(after.status).toBe(409);
    }
  });

  it('group 1: kill -9 of the worker', async () => {
    await takeUp();
    worker.signal('SIGKILL');
    await worker.ended;
    await formation.release();
    worker = await world.startWorker();
    const results = await judge();
    expect(endings(results, 'transaction')).toEqual(
      new Set(['executed/applied']),
    );
  });

  if (isLong) {
    it('group 4: SIGSTOP past the lease, another takes over, SIGCONT', async () => {
      await takeUp();
      const sleeper = worker;
      sleeper.signal('SIGSTOP');
      worker = await world.startWorker();
      await formation.release();
      const taken = await formation.ended();
      sleeper.signal('SIGCONT');
      // It finds out by itself that nothing is its own any more, and can go.
      sleeper.signal('SIGTERM');
      await sleeper.ended;
      const results = await judge();
      expect(results.map(one => one.item.outcome)).toEqual(
        taken.map(one => one.item.outcome),
      );
      expect(endings(results, 'transaction')).toEqual(
        new Set(['executed/applied']),
      );
    });
  }

  it('group 15: SIGTERM within the grace period: drained', async () => {
    await takeUp();
    worker.signal('SIGTERM');
    await formation.release();
    await worker.ended;
    worker = await world.startWorker();
    const results = await judge();
    expect(new Set(results.map(({ item }) => item.outcome))).toEqual(
      new Set(['applied']),
    );
  });
});
