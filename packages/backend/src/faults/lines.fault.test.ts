import {
  LineFault,
  TcpProxy,
  testServer,
  waitUntil,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { HubProcess } from '../acceptance/__testUtils__/HubProcess';
import { FaultTarget } from './__testUtils__/FaultTarget';
import { Approved, enginesHere, FaultWorld } from './__testUtils__/FaultWorld';
import { violationsOf } from './__testUtils__/invariants';
import { ScriptKind } from './__testUtils__/scripts';

const isLong = process.env.MIGRATE_HUB_FAULTS === 'all';

jest.setTimeout(isLong ? 900_000 : 170_000);

const LEASE_MS = 2_000;

let world: FaultWorld;
let workers: HubProcess[];

beforeAll(async () => {
  world = await FaultWorld.create();
  workers = [await world.startWorker(), await world.startWorker()];
});
afterEach(async () => world.setFaults([]));
afterAll(async () => world?.stop());

/** Waits for the end of a run, and holds each of its targets to the promise. */
async function judge(approved: Approved) {
  const run = await world.user.runEnded(approved.run.id);
  const violations: string[] = [];
  for (const target of approved.targets) {
    const item = run.items.find(one => one.target.id === target.id);
    if (!item) throw new Error('the run has lost an item');
    violations.push(...(await violationsOf({ ...approved, target, item })));
  }
  expect(violations).toEqual([]);
  return run.items;
}

async function executed(approved: Approved) {
  await world.execute(approved);
  return judge(approved);
}

describe.each(enginesHere)('On %s', engine => {
  const server = testServer(engine);
  let target: FaultTarget;

  beforeAll(async () => {
    [target] = await world.createTargets(engine, 1);
  });

  const said = (kind: string) => workers.some(one => one.output.includes(kind));

  async function held(kind: ScriptKind, at: 'before_commit') {
    const approved = await world.approved([target], kind);
    const item = approved.run.items[0].id;
    await world.setFaults([{ at, action: 'delay', item }]);
    await world.execute(approved);
    await waitUntil(`the worker is at ${at}`, () =>
      said(`Fail point ${at}, delay: run item ${item}`),
    );
    return approved;
  }

  it('group 3: the line to the target breaks or goes silent at COMMIT', async () => {
    if (!server) throw new Error(`there is no ${engine} here`);
    const broken = async (kind: LineFault) => {
      const proxy = await TcpProxy.create(server);
      const [proxied] = await world.createTargets(engine, 1, {
        port: proxy.port,
      });
      const approved = await world.approved([proxied], 'transaction');
      return { kind, proxy, approved, item: approved.run.items[0].id };
    };
    const lines = await Promise.all(
      (
        [
          'drop-reply',
          'drop-request',
          'silence-reply',
          'silence-request',
        ] as const
      ).map(broken),
    );
    await world.setFaults(
      lines.map(({ item }) => ({ at: 'before_commit', action: 'delay', item })),
    );
    for (const { approved } of lines) await world.execute(approved);
    for (const { item, proxy, kind } of lines) {
      await waitUntil('the worker is about to commit', () =>
        said(`Fail point before_commit, delay: run item ${item}`),
      );
      proxy.breakAt('COMMIT', kind);
    }
    await world.setFaults([]);
    for (const { proxy, kind, approved } of lines) {
      await waitUntil('the line is broken', () => proxy.triggered > 0);
      proxy.mend();
      const [{ outcome }] = await judge(approved);
      expect({ kind, outcome }).toEqual({
        kind,
        outcome: kind.endsWith('reply') ? 'applied' : 'not_applied',
      });
      await proxy.close();
    }
  });

  it('group 5: two workers take the same runs, one after the other', async () => {
    const rounds = isLong ? 200 : 5;
    const runs: Approved[] = [];
    for (let round = 0; round < rounds; round += 1) {
      runs.push(await world.approved([target], 'transaction'));
      await world.execute(runs[round]);
    }
    for (const run of runs) {
      expect(await judge(run)).toMatchObject([{ status: 'executed' }]);
    }
  });

  it('group 6: somebody else holds the lock, and the run is canceled', async () => {
    const holder = await target.holdLock();
    const waiting = async (approved: Approved) =>
      waitUntil('the item waits for the lock', async () => {
        const { items } = await world.user.call('getRun', {
          params: { id: approved.run.id },
        });
        return items[0].waitingFor?.kind === 'target_lock';
      });
    const canceled = await world.approved([target], 'transaction');
    await world.execute(canceled);
    await waiting(canceled);
    await world.manager.call('cancelRun', {
      params: { id: canceled.run.id },
      body: { reason: 'it waits too long' },
    });
    const run = await world.user.runEnded(canceled.run.id);
    expect(run.items).toMatchObject([
      { status: 'canceled', outcome: 'not_applied' },
    ]);

    const patient = await world.approved([target], 'transaction');
    await world.execute(patient);
    await waiting(patient);
    await holder.close();
    expect(await judge(patient)).toMatchObject([{ status: 'executed' }]);
    expect(await target.count(`ran where k = '${canceled.key}'`)).toBe(0);
  });

  it('group 9: the metadata store is down while statements are under way', async () => {
    const approved = await held('transaction', 'before_commit');
    const back = await world.takeMetadataDown();
    const down = Date.now();
    await waitUntil(
      'the lease has passed three times',
      () => Date.now() - down > 3 * LEASE_MS,
    );
    await world.setFaults([]);
    await waitUntil(
      'the target is applied and left, with the store still down',
      async () =>
        (await target.hubSessions()).length === 0 &&
        (await target.count(`ran where k = '${approved.key}'`)) === 1,
    );
    await back();
    expect(await judge(approved)).toMatchObject([
      { status: 'executed', outcome: 'applied', attempt: 1 },
    ]);
  });

  describe('group 11: the history table', () => {
    it('is missing, and is made by two workers at once', async () => {
      const fresh = await world.createTargets(engine, 4);
      const items = await executed(await world.approved(fresh, 'transaction'));
      expect(new Set(items.map(item => item.status))).toEqual(
        new Set(['executed']),
      );
    });

    it('has other columns: nothing is run', async () => {
      const [foreign] = await world.createTargets(engine, 1);
      await foreign.query('create table migrations (id integer)');
      const approved = await world.approved([foreign], 'transaction');
      await world.execute(approved);
      const run = await world.user.runEnded(approved.run.id);
      expect(run.items).toMatchObject([
        {
          status: 'failed',
          outcome: 'not_applied',
          error: { code: 'HISTORY_TABLE_FOREIGN' },
        },
      ]);
      expect(await foreign.count('ran')).toBe(0);
    });
  });
});

/** What no classifier can see through; on MySQL and MariaDB there is no such block. */
const hidden: [string, string][] = [
  [
    'drops the history table',
    `do $$ begin execute 'drop table migrations'; end $$`,
  ],
  [
    'writes the history row itself',
    `do $$ begin execute 'insert into migrations values (''KEY'', repeat(''0'', 64), null, now(), ''me'', ''1'')'; end $$`,
  ],
];

(enginesHere.includes('postgres') ? describe : describe.skip)(
  'On postgres',
  () => {
    describe('group 12: a script that', () => {
      it.each(hidden)('%s', async (_, statement) => {
        const [victim] = await world.createTargets('postgres', 1);
        const approved = await world.approved([victim], 'transaction', key =>
          [`insert into ran values ('${key}')`, statement, '']
            .join(';\n')
            .replace(/KEY/g, key),
        );
        await world.execute(approved);
        const run = await world.user.runEnded(approved.run.id);
        const [{ status, outcome, error }] = run.items;
        const rows = await victim.count('ran');
        expect({ status, code: error?.code }).toMatchObject({
          status: 'failed',
          code: expect.stringMatching(
            /SESSION_DAMAGED|STATEMENT_FAILED|HISTORY_CHANGED|COMMIT_REFUSED/,
          ),
        });
        // In doubt the hub says so; it never calls applied what is not there.
        expect(outcome).toMatch(/^(not_applied|unknown)$/);
        expect(rows).toBe(0);
        // The last word of a worker precedes the end of its session by a moment.
        await waitUntil(
          'the lock is free',
          async () => !(await victim.isLocked()),
        );
      });
    });
  },
);
