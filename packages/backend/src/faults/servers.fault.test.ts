import {
  TestServerName,
  waitUntil,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { HubProcess } from '../acceptance/__testUtils__/HubProcess';
import { FaultTarget } from './__testUtils__/FaultTarget';
import { enginesHere, FaultWorld } from './__testUtils__/FaultWorld';
import { Formation } from './__testUtils__/Formation';
import { violationsOf } from './__testUtils__/invariants';
import { PrivateServer } from './__testUtils__/PrivateServer';
import { tableOf, violationsIn } from './__testUtils__/report';
import { places } from './__testUtils__/scripts';

const isLong = process.env.MIGRATE_HUB_FAULTS === 'all';

jest.setTimeout(isLong ? 900_000 : 170_000);
const needed = places.transaction.length + places.steps.length;

let world: FaultWorld;
let worker: HubProcess;
const servers: PrivateServer[] = [];

beforeAll(async () => {
  world = await FaultWorld.create();
  worker = await world.startWorker();
});
afterEach(async () => world.setFaults([]));
afterAll(async () => {
  await world?.stop();
  for (const server of servers) await server.stop();
});

async function privateServer(engine: TestServerName): Promise<PrivateServer> {
  const server = await PrivateServer.start(engine);
  servers.push(server);
  return server;
}

const ends: [TestServerName, NodeJS.Signals, string][] = [
  ['postgres', 'SIGQUIT', 'stopped at once'],
];
if (isLong) {
  ends.push(
    ['postgres', 'SIGINT', 'stopped fast'],
    ['mariadb', 'SIGKILL', 'killed'],
    ['postgres', 'SIGKILL', 'killed'],
    ['mysql', 'SIGKILL', 'killed'],
  );
}

/** Outside the long part one of the two kinds will do. */
const copying: TestServerName[] = isLong ? ['mariadb', 'mysql'] : ['mariadb'];

describe('group 8: the target server', () => {
  it.each(ends.filter(([engine]) => enginesHere.includes(engine)))(
    '%s gets %s (%s) with work at every step, and comes back',
    async (engine, signal) => {
      const server = await privateServer(engine);
      const targets = await world.createTargets(engine, needed, {
        server: server.address,
      });
      const formation = await Formation.plan(
        world,
        new Map([[engine, targets]]),
      );
      await formation.takeUp(worker);
      await server.end(signal);
      await formation.release();
      await server.start();
      const results = await formation.ended();
      process.stdout.write(`${tableOf(results).join('\n')}\n`);
      expect(violationsIn(results)).toEqual([]);
      const whole = results.filter(({ kind }) => kind === 'transaction');
      for (const { item } of whole) {
        expect(['executed/applied', 'failed/not_applied']).toContain(
          `${item.status}/${item.outcome}`,
        );
      }
    },
  );

  it.each(copying.filter(engine => enginesHere.includes(engine)))(
    '%s is killed while it copies a table',
    async engine => {
      const server = await privateServer(engine);
      const [target] = await world.createTargets(engine, 1, {
        server: server.address,
      });
      await target.query('insert into late values (repeat("x", 60))');
      for (let doubled = 0; doubled < 18; doubled += 1) {
        await target.query('insert into late select * from late');
      }
      const approved = await world.approved([target], 'steps', key => {
        const name = key.replace(/-/g, '_');
        return `insert into ran values ('${key}');
insert into gate values ('${key}');
create table t_${name} (id integer);
alter table late add column c_${name} integer, algorithm=copy;
`;
      });
      await world.execute(approved);
      await waitUntil('the table is being copied', async () => {
        const rows = await target.query(
          `select 1 from information_schema.processlist where info like 'alter table late%' and state like '%copy%'`,
        );
        return rows.length > 0;
      });
      await server.end('SIGKILL');
      await server.start();
      const run = await world.user.runEnded(approved.run.id);
      const [item] = run.items;
      expect(await violationsOf({ ...approved, target, item })).toEqual([]);
      expect(['unknown', 'partially_applied', 'applied']).toContain(
        item.outcome,
      );
      expect(item.error?.statementIndex ?? 3).toBe(3);
    },
  );
});

if (isLong) {
  describe('failover of PostgreSQL', () => {
    it('proves nothing of what is missing on the new primary', async () => {
      const server = await privateServer('postgres');
      const [kept, lost] = await world.createTargets('postgres', 2, {
        server: server.address,
      });
      const finished = await world.approved([kept], 'transaction');
      await world.execute(finished);
      expect(await world.user.runEnded(finished.run.id)).toMatchObject({
        status: 'executed',
      });
      const approved = await world.approved([lost], 'transaction');
      // The copy is what the standby had received when the primary was lost.
      await server.end('SIGINT');
      await server.standby();
      await server.start();

      const { id } = approved.run.items[0];
      await world.setFaults([
        { at: 'before_commit', action: 'delay', item: id },
      ]);
      await world.execute(approved);
      await waitUntil('the worker is about to commit', () =>
        worker.output.includes(
          `Fail point before_commit, delay: run item ${id}`,
        ),
      );
      worker.signal('SIGKILL');
      await worker.ended;
      await server.end('SIGKILL');
      await server.standby();
      await server.promote();
      await world.setFaults([]);
      worker = await world.startWorker();

      const run = await world.user.runEnded(approved.run.id);
      const [item] = run.items;
      expect(item).toMatchObject({
        status: 'failed',
        outcome: 'unknown',
        error: {
          code: 'OUTCOME_UNKNOWN',
          message: expect.stringMatching(/failover/),
        },
      });
      expect(await violationsOf({ ...approved, target: lost, item })).toEqual(
        [],
      );

      const next = await world.approved([kept], 'transaction');
      await world.execute(next);
      const { items } = await world.user.runEnded(next.run.id);
      expect(items).toMatchObject([{ status: 'executed', outcome: 'applied' }]);
    });
  });
}

describe('group 7: CREATE INDEX CONCURRENTLY against a long writer', () => {
  let target: FaultTarget;

  it('leaves an invalid index that is told, and is no false success when run again', async () => {
    [target] = await world.createTargets('postgres', 1);
    const writer = await target.openTransaction(
      `insert into late values ('w')`,
    );
    const approved = await world.approved(
      [target],
      'steps',
      () =>
        'create index concurrently if not exists i_late on late (k);\nselect 1;\n',
    );
    const { id } = approved.run;
    await world.execute(approved);
    await waitUntil('the index waits for the writer', () => target.isAtGate());
    await world.manager.call('cancelRun', {
      params: { id },
      body: { reason: 'it waits too long' },
    });
    const canceled = await world.user.runEnded(id);
    await writer.close();
    expect(canceled.items).toMatchObject([
      {
        status: 'failed',
        outcome: 'unknown',
        error: { message: expect.stringMatching(/invalid index .*i_late/) },
      },
    ]);

    const resolve = () =>
      world.manager.call('resolveRunItem', {
        params: { id: canceled.items[0].id },
        body: { resolution: 'mark_not_applied', reason: 'only a husk' },
      });
    const again = async () => {
      await world.user.call('retryRun', { params: { id }, body: {} });
      const run = await world.user.runEnded(id);
      return run.items[0];
    };
    await resolve();
    const hollow = await again();
    expect(hollow).toMatchObject({
      status: 'failed',
      error: { message: expect.stringMatching(/success.*i_late is invalid/) },
    });
    await target.query('drop index i_late');
    await resolve();
    expect(await again()).toMatchObject({
      status: 'executed',
      outcome: 'applied',
    });
    expect(
      await target.count(
        `pg_index where indexrelid = to_regclass('i_late') and indisvalid`,
      ),
    ).toBe(1);
  });
});
