import { Knex } from 'knex';
import { LedgerRow } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { waitUntil } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { newId } from '../store/Database';
import { beat } from '../store/executors';
import { ExecutionWorld } from './__testUtils__/ExecutionWorld';
import { EXECUTOR_KNOWS } from './knows';

const ADD_ITEMS = `create table items (id int primary key);
insert into items values (1);
`;

jest.setTimeout(60_000);

describe('executors that share the work', () => {
  let world: ExecutionWorld;

  /** An executor that claimed the items of a run and died. */
  async function claimAndDie(runId: string): Promise<void> {
    const dead = newId();
    await world.knex('executors').insert({
      id: dead,
      host: 'gone',
      heartbeat_at: world.knex.raw(`now() - interval '2 minutes'`),
    });
    const { claims } = await world.items.claim({
      executorId: dead,
      leaseSeconds: 60,
      knows: EXECUTOR_KNOWS,
      slots: 10,
    });
    expect(claims.map(claim => claim.run.id)).toEqual([runId]);
  }

  afterEach(() => world.drop());

  it('never take an item twice, and never two on one target', async () => {
    world = await ExecutionWorld.create({ targets: 4 });
    const runIds: string[] = [];
    for (let n = 1; n <= 10; n += 1) {
      const key = `add-row-${n}`;
      const sqlUp = `create table t${n} as select clock_timestamp() as began;
select pg_sleep(0.01);
`;
      runIds.push(await world.request({ key, sqlUp }));
    }
    await Promise.all([world.startExecutor(), world.startExecutor()]);
    await Promise.all(runIds.map(runId => world.execute(runId)));
    for (const runId of runIds) {
      expect(await world.ended(runId)).toBe('executed');
      for (const item of await world.itemsOf(runId)) {
        expect(item).toMatchObject({ attempt: 1, outcome: 'applied' });
      }
    }
    const executors = await world.knex('run_items').distinct('executor_id');
    expect(executors).toHaveLength(2);
    const finished = await world.knex('audit_events').where({
      action: 'run_item.finished',
    });
    expect(finished).toHaveLength(40);
    for (const { knex } of world.targets) {
      expect(await knex('migrations')).toHaveLength(10);
    }
  });

  it('have their session remembered before they take the lock of a target', async () => {
    world = await ExecutionWorld.create();
    const runId = await world.request({ key: 'add-items', sqlUp: ADD_ITEMS });
    const [{ knex }] = world.targets;
    const locks = async () =>
      knex('pg_locks')
        .where({ locktype: 'advisory' })
        .whereRaw(
          'database = (select oid from pg_database where datname = current_database())',
        );
    // The store keeps everybody waiting who writes to the item.
    const tx = await world.knex.transaction();
    await world.startExecutor({
      failPoint: async name => {
        if (name !== 'connected') return;
        await tx('run_items').where({ run_id: runId }).forUpdate();
      },
    });
    await world.execute(runId);
    await waitUntil('the session waits to be remembered', async () => {
      const waiting = await world
        .knex('pg_stat_activity')
        .where({ wait_event_type: 'Lock' })
        .whereRaw('datname = current_database()')
        .whereLike('query', '%set session = g.session%');
      return waiting.length > 0;
    });
    // One that stops here would be taken for one that never got in.
    const held = await locks();
    await tx.commit();
    expect(held).toEqual([]);
    expect(await world.ended(runId)).toBe('executed');
  });

  it('keep to the parallelism of the policy, however many they are', async () => {
    world = await ExecutionWorld.create({
      targets: 4,
      policy: { parallelism: 1 },
    });
    let atWork = 0;
    let most = 0;
    const failPoint = async (name: string) => {
      if (name === 'claimed') most = Math.max(most, (atWork += 1));
      if (name === 'closed') atWork -= 1;
    };
    await Promise.all([
      world.startExecutor({ failPoint }),
      world.startExecutor({ failPoint }),
    ]);
    const runId = await world.request({ key: 'add-items', sqlUp: ADD_ITEMS });
    await world.execute(runId);
    expect(await world.ended(runId)).toBe('executed');
    expect(most).toBe(1);
  });

  it('take over from one that died before it did anything', async () => {
    world = await ExecutionWorld.create();
    const runId = await world.request({ key: 'add-items', sqlUp: ADD_ITEMS });
    await world.execute(runId);
    await claimAndDie(runId);
    await world.startExecutor({ config: { leaseSeconds: 1 } });
    expect(await world.ended(runId)).toBe('executed');
    expect(await world.itemsOf(runId)).toMatchObject([
      { attempt: 2, outcome: 'applied' },
    ]);
    expect(await world.auditActions(runId)).toEqual([
      'run.started',
      'run_item.recovered',
      'run_item.finished',
      'run.finished',
    ]);
  });

  it('find out what the dead one did even if the run was canceled since', async () => {
    world = await ExecutionWorld.create();
    const runId = await world.request({ key: 'add-items', sqlUp: ADD_ITEMS });
    await world.execute(runId);
    await claimAndDie(runId);
    await world.knex('runs').update({ cancel_requested_at: new Date() });
    await world.startExecutor({ config: { leaseSeconds: 1 } });
    expect(await world.ended(runId)).toBe('canceled');
    expect(await world.itemsOf(runId)).toMatchObject([
      { status: 'canceled', outcome: 'not_applied' },
    ]);
    const [{ knex }] = world.targets;
    expect(await knex.schema.hasTable('items')).toBe(false);
  });

  it('do not take over while they were cut off themselves', async () => {
    world = await ExecutionWorld.create();
    const runId = await world.request({ key: 'add-items', sqlUp: ADD_ITEMS });
    await world.execute(runId);
    await claimAndDie(runId);
    const back = newId();
    const longAgo = world.knex.raw(`now() - interval '2 minutes'`);
    const executors = () => world.knex('executors');
    const knows = EXECUTOR_KNOWS;
    const ask = { executorId: back, leaseSeconds: 60, slots: 1, knows };

    // Its last heartbeat is as old as that of the dead: both may live.
    await executors().insert({
      id: back,
      host: 'here',
      heartbeat_at: longAgo,
      steady_since: longAgo,
    });
    expect((await world.items.claim(ask)).claims).toEqual([]);
    await beat(world.knex, { id: back, host: 'here', leaseSeconds: 60, knows });
    expect((await world.items.claim(ask)).claims).toEqual([]);

    // A whole lease later.
    await executors().where({ id: back }).update({ steady_since: longAgo });
    await beat(world.knex, { id: back, host: 'here', leaseSeconds: 60, knows });
    expect((await world.items.claim(ask)).claims).toMatchObject([
      { items: [{ attempt: 2, recovered: true }] },
    ]);
  });

  it.each([
    ['finished', 'executed', { outcome: 'applied', error: undefined }],
    ['running', 'failed', { outcome: 'partially_applied' }],
    ['started', 'failed', { outcome: 'unknown' }],
  ] as const)(
    'let the ledger judge what the dead one did: %s',
    async (state, status, item) => {
      world = await ExecutionWorld.create();
      const runId = await world.request({
        key: 'add-items',
        sqlUp: ADD_ITEMS,
      });
      await world.execute(runId);
      await claimAndDie(runId);
      // What it left in the target, and the session it left there.
      const [{ id }] = await world.itemsOf(runId);
      const revision = await world.knex('run_revisions').first();
      const left = await world.connect(world.targets[0]);
      await left.acquireLock({ timeoutMs: 1_000 });
      await left.prepareTables();
      const row: LedgerRow = {
        runItemId: id,
        direction: 'up',
        migrationKey: 'add-items',
        runId,
        planHash: revision.plan_hash,
        attempt: 1,
        position: state === 'finished' ? 2 : 1,
        state,
        serverId: left.identity.id,
      };
      await left.writeLedger(row);
      await world.startExecutor({ config: { leaseSeconds: 1 } });
      await waitUntil(
        'the next attempt waits for the old session',
        async () => {
          const [waiting] = await world.itemsOf(runId);
          return waiting.waitingFor?.kind === 'target_lock';
        },
      );
      await left.close();
      expect(await world.ended(runId)).toBe(status);
      expect(await world.itemsOf(runId)).toMatchObject([
        { attempt: 2, ...item },
      ]);
      const [{ knex }] = world.targets;
      expect(await knex.schema.hasTable('items')).toBe(false);
    },
  );

  it('stop at once where the item is another one’s by now', async () => {
    world = await ExecutionWorld.create();
    let released: (() => void) | undefined;
    const { stop } = await world.startExecutor({
      failPoint: async (name, { index }) => {
        if (name !== 'statement_done' || index !== 0) return;
        await new Promise<void>(resolve => {
          released = resolve;
        });
      },
    });
    const runId = await world.request({ key: 'add-items', sqlUp: ADD_ITEMS });
    await world.execute(runId);
    await waitUntil('the first statement is done', () => Boolean(released));
    await world.knex('run_items').update({ attempt: 2, executor_id: null });
    // Each beat is followed by a look at the items: after two, one look was whole.
    const beats = new Set<string>();
    await waitUntil('the worker knows', async () => {
      const row = await world.knex('executors').first('heartbeat_at');
      beats.add(String(row.heartbeat_at.getTime()));
      return beats.size >= 3;
    });
    released?.();
    await stop();
    const [{ knex }] = world.targets;
    expect(await knex.schema.hasTable('items')).toBe(false);
    expect(await world.itemsOf(runId)).toMatchObject([
      { attempt: 2, status: 'running', outcome: undefined },
    ]);
    const log = await world.logOf(runId);
    expect(log[log.length - 1].message).toMatch(/^\[lost attempt 1\]/);
  });

  it.each([
    ['drop-reply', 'executed', 'applied', ['add-items']],
    ['drop-request', 'failed', 'not_applied', []],
  ] as const)(
    'ask the target what became of a COMMIT without an answer (%s)',
    async (kind, status, outcome, keys) => {
      world = await ExecutionWorld.create({ proxied: true });
      const { proxy } = world;
      await world.startExecutor({
        failPoint: async name => {
          if (name === 'before_commit') proxy.breakAt('COMMIT', kind);
        },
      });
      const runId = await world.request({ key: 'add-items', sqlUp: ADD_ITEMS });
      await world.execute(runId);
      expect(await world.ended(runId)).toBe(status);
      expect(proxy.triggered).toBe(1);
      expect(await world.itemsOf(runId)).toMatchObject([{ outcome }]);
      const [{ knex }] = world.targets;
      expect(await knex('migrations').pluck('migration_key')).toEqual(keys);
    },
  );

  it('hand over a script that is half way when they shut down', async () => {
    world = await ExecutionWorld.create();
    let reached = false;
    let shuttingDown = false;
    const { stop } = await world.startExecutor({
      config: { graceSeconds: 0 },
      failPoint: async (name, { index }) => {
        if (name !== 'statement_done' || index !== 1) return;
        reached = true;
        await waitUntil('the shutdown has begun', () => shuttingDown);
      },
    });
    const runId = await world.request({
      key: 'add-items',
      sqlUp: ADD_ITEMS,
      mode: 'no_transaction',
    });
    await world.execute(runId);
    await waitUntil('the second statement is done', () => reached);
    const stopped = stop();
    await new Promise(setImmediate);
    shuttingDown = true;
    await stopped;
    const [{ knex }] = world.targets;
    expect(await knex('items')).toEqual([]);
    expect(await world.itemsOf(runId)).toMatchObject([
      { status: 'queued', claimable: true, attempt: 1 },
    ]);
    await world.startExecutor();
    expect(await world.ended(runId)).toBe('executed');
    expect(await knex('items')).toEqual([{ id: 1 }]);
    expect(await world.itemsOf(runId)).toMatchObject([
      { attempt: 2, outcome: 'applied' },
    ]);
  });

  it('begin nothing more that an ending claims while they shut down', async () => {
    world = await ExecutionWorld.create({
      targets: 2,
      policy: { parallelism: 1 },
    });
    const runId = await world.request({ key: 'add-items', sqlUp: ADD_ITEMS });
    let lock: Knex.Transaction | undefined;
    const { stop } = await world.startExecutor({
      failPoint: async name => {
        if (name !== 'closed' || lock) return;
        // The ending has to wait for it, with its claim of the next item.
        lock = await world.knex.transaction();
        await lock('runs').where({ id: runId }).forUpdate();
      },
    });
    await world.execute(runId);
    await waitUntil('the ending waits', async () => {
      const { rows } = await world.knex.raw(
        "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
      );
      return rows.length === 1;
    });
    const stopped = stop();
    await lock?.commit();
    await stopped;
    expect(await world.itemsOf(runId)).toMatchObject([
      { status: 'executed', attempt: 1 },
      { status: 'queued', claimable: true, attempt: 1 },
    ]);
    const [, second] = world.targets;
    expect(await second.knex.schema.hasTable('items')).toBe(false);
  });

  it('hand over what was not begun when they shut down, and leave no lock', async () => {
    world = await ExecutionWorld.create();
    const began: number[] = [];
    const { stop } = await world.startExecutor({
      config: { graceSeconds: 0 },
      failPoint: async (name, { index }) => {
        if (name !== 'statement_done' || index !== 0) return;
        began.push(index);
        await waitUntil('the shutdown has begun', () => began.length === 2);
      },
    });
    const runId = await world.request({ key: 'add-items', sqlUp: ADD_ITEMS });
    await world.execute(runId);
    await waitUntil('the first statement is done', () => began.length === 1);
    const stopped = stop();
    // The grace period is over at once; the worker notices between statements.
    await new Promise(setImmediate);
    began.push(0);
    await stopped;
    expect(await world.itemsOf(runId)).toMatchObject([
      { status: 'queued', claimable: true, attempt: 1 },
    ]);
    await world.startExecutor();
    expect(await world.ended(runId)).toBe('executed');
    expect(await world.itemsOf(runId)).toMatchObject([
      { attempt: 2, outcome: 'applied' },
    ]);
  });
});
