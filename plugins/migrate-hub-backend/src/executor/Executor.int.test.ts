import { waitUntil } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { sha256 } from '../crypto/canonical';
import { wakeRuns } from '../store/runItemClaims';
import { ExecutionWorld } from './__testUtils__/ExecutionWorld';
import { preventClaim } from './__testUtils__/preventClaim';

const ADD_ITEMS = `create table items (id int primary key);
insert into items values (1), (2);
`;

jest.setTimeout(60_000);

describe('executing a run', () => {
  let world: ExecutionWorld;

  afterEach(async () => {
    await world.drop();
    jest.restoreAllMocks();
  });

  it('applies the migration to every target, with history, log and audit', async () => {
    world = await ExecutionWorld.create({ targets: 3 });
    await world.startExecutor();
    const runId = await world.request({ key: 'add-items', sqlUp: ADD_ITEMS });
    await world.execute(runId);
    expect(await world.ended(runId)).toBe('executed');

    for (const { knex } of world.targets) {
      expect(await knex('items').orderBy('id').pluck('id')).toEqual([1, 2]);
      expect(await knex('migrations')).toEqual([
        expect.objectContaining({
          migration_key: 'add-items',
          checksum_up: sha256(ADD_ITEMS),
          applied_by: 'jane@example.com',
          tool_run_id: runId,
        }),
      ]);
      expect(await knex('migrations_ledger').pluck('state')).toEqual([
        'finished',
      ]);
    }
    for (const item of await world.itemsOf(runId)) {
      expect(item).toMatchObject({
        status: 'executed',
        outcome: 'applied',
        attempt: 1,
        open: false,
        statementsDone: 2,
        error: undefined,
      });
    }
    const actions = await world.auditActions(runId);
    expect(actions[0]).toBe('run.started');
    expect(actions.slice(1).sort()).toEqual([
      'run.finished',
      'run_item.finished',
      'run_item.finished',
      'run_item.finished',
    ]);
    const [state] = await world.knex('environment_states');
    expect(state).toMatchObject({ state: 'executed', executed: 3, total: 3 });
    expect(world.finishedRuns).toEqual(['executed']);

    const told = () =>
      world.logger.lines
        .map(line => JSON.parse(line))
        .filter(line => line.runId === runId);
    await waitUntil('each end is logged', () => told().length === 3);
    for (const line of told()) {
      expect(line).toMatchObject({
        ...{ message: 'Run item executed', outcome: 'applied' },
        runItem: expect.any(String),
      });
    }

    const log = await world.logOf(runId);
    expect(log.map(line => line.seq)).toEqual(log.map((_, n) => n + 1));
    const messages = log.map(line => line.message).join('\n');
    expect(messages).toMatch(/Connected to PostgreSQL/);
    expect(messages).toMatch(/Lock taken after \d+ ms/);
    expect(messages).toMatch(/Statement 1, line 1: CREATE TABLE/);
    expect(messages).not.toContain('insert into');
  });

  it('skips a target that has it already, and rolls back with the row gone', async () => {
    world = await ExecutionWorld.create({ targets: 1 });
    await world.startExecutor();
    const script = {
      key: 'add-items',
      sqlUp: ADD_ITEMS,
      sqlDown: 'drop table items;\n',
    };
    const first = await world.request(script);
    await world.execute(first);
    expect(await world.ended(first)).toBe('executed');

    const second = await world.request(script);
    await world.execute(second);
    expect(await world.ended(second)).toBe('executed');
    expect(await world.itemsOf(second)).toMatchObject([
      { status: 'skipped', outcome: 'not_applied' },
    ]);

    const rollback = await world.request({ ...script, type: 'rollback' });
    await world.execute(rollback);
    expect(await world.ended(rollback)).toBe('executed');
    const [{ knex }] = world.targets;
    expect(await knex('migrations')).toEqual([]);
    expect(await knex.schema.hasTable('items')).toBe(false);
    const [state] = await world.knex('environment_states');
    expect(state.state).toBe('rollbacked');
  });

  it('leaves nothing behind when a statement of a transaction fails, and says which', async () => {
    world = await ExecutionWorld.create();
    await world.startExecutor();
    const runId = await world.request({
      key: 'add-items',
      sqlUp: `${ADD_ITEMS}\ninsert into nowhere\n  values (1);\n`,
    });
    await world.execute(runId);
    expect(await world.ended(runId)).toBe('failed');
    const [item] = await world.itemsOf(runId);
    expect(item).toMatchObject({
      status: 'failed',
      outcome: 'not_applied',
      statementsDone: 0,
      error: {
        code: 'STATEMENT_FAILED',
        sqlState: '42P01',
        statementIndex: 2,
        line: 4,
        message: expect.stringContaining('nowhere'),
      },
    });
    const [{ knex }] = world.targets;
    expect(await knex.schema.hasTable('items')).toBe(false);
    expect(await knex('migrations')).toEqual([]);
    expect(await knex('migrations_ledger')).toEqual([]);
  });

  it('tells how far it came step by step, and refuses the next run there', async () => {
    world = await ExecutionWorld.create();
    await world.startExecutor();
    const script = {
      key: 'add-index',
      mode: 'no_transaction' as const,
      sqlUp: `create table items (id int);
create index concurrently items_id on items (id);
create index concurrently items_no on items (missing);
`,
    };
    const runId = await world.request(script);
    await world.execute(runId);
    expect(await world.ended(runId)).toBe('failed');
    expect(await world.itemsOf(runId)).toMatchObject([
      {
        status: 'failed',
        outcome: 'partially_applied',
        statementsDone: 2,
        error: { statementIndex: 2, line: 3, sqlState: '42703' },
      },
    ]);
    const [{ knex }] = world.targets;
    expect(await knex.schema.hasTable('items')).toBe(true);
    expect(await knex('migrations')).toEqual([]);

    const again = await world.request(script);
    await world.execute(again);
    expect(await world.ended(again)).toBe('failed');
    expect(await world.itemsOf(again)).toMatchObject([
      { outcome: 'not_applied', error: { code: 'UNFINISHED_ON_TARGET' } },
    ]);
  });

  it('waits for the lock of the target and names who holds it', async () => {
    world = await ExecutionWorld.create({ policy: { lockTimeoutSeconds: 1 } });
    const holder = await world.connect(world.targets[0]);
    await holder.acquireLock({ timeoutMs: 1_000 });
    try {
      await world.startExecutor();
      const runId = await world.request({ key: 'add-items', sqlUp: ADD_ITEMS });
      await world.execute(runId);
      await waitUntil('the item shows that it waits', async () => {
        const [item] = await world.itemsOf(runId);
        return item.waitingFor?.holder?.includes(holder.backend.pid) ?? false;
      });
      expect(await world.ended(runId)).toBe('failed');
      expect(await world.itemsOf(runId)).toMatchObject([
        {
          outcome: 'not_applied',
          error: { code: 'LOCK_TIMEOUT' },
          waitingFor: undefined,
        },
      ]);
    } finally {
      await holder.close();
    }
  });

  it('starts nothing when what was approved has changed since execute', async () => {
    world = await ExecutionWorld.create();
    world.blockers.push({ code: 'STALE_DIGEST', message: 'It has changed.' });
    await world.startExecutor();
    const runId = await world.request({ key: 'add-items', sqlUp: ADD_ITEMS });
    await world.execute(runId);
    expect(await world.ended(runId)).toBe('failed');
    expect(await world.itemsOf(runId)).toMatchObject([
      {
        outcome: 'not_applied',
        error: { code: 'GATE_CLOSED', message: 'It has changed.' },
      },
    ]);
    expect(await world.auditActions(runId)).toContain('execution.blocked');
    const [{ knex }] = world.targets;
    expect(await knex.schema.hasTable('migrations')).toBe(false);
  });

  it('keeps a run open that the gate closes for a while, and goes on when it opens', async () => {
    world = await ExecutionWorld.create();
    world.blockers.push({ code: 'FROZEN', message: 'Quiet.' });
    await world.startExecutor();
    const runId = await world.request({ key: 'add-items', sqlUp: ADD_ITEMS });
    await world.execute(runId);
    const holdOf = async () =>
      (await world.knex('runs').where({ id: runId }).first('hold')).hold;
    await waitUntil('it is held', async () => (await holdOf()) === 'freeze');
    expect(await world.itemsOf(runId)).toMatchObject([
      { status: 'queued', outcome: undefined, claimable: true },
    ]);
    expect(await world.statusOf(runId)).toBe('running');
    const [{ knex }] = world.targets;
    expect(await knex.schema.hasTable('items')).toBe(false);

    world.blockers.length = 0;
    await wakeRuns(world.knex, { id: runId });
    expect(await world.ended(runId)).toBe('executed');
    const blocked = (await world.auditActions(runId)).filter(
      action => action === 'execution.blocked',
    );
    expect(blocked).toHaveLength(1);
  });

  it('goes on with younger runs while one cannot be claimed, and says which', async () => {
    world = await ExecutionWorld.create();
    const older = await world.request({ key: 'older', sqlUp: ADD_ITEMS });
    await world.execute(older);
    const younger = await world.request({ key: 'younger', sqlUp: 'select 1;' });
    await world.execute(younger);
    const mend = await preventClaim(world.knex, older);
    await world.startExecutor();
    expect(await world.ended(younger)).toBe('executed');
    expect(
      world.logger.lines.some(
        line =>
          line.includes('Some work could not be taken') &&
          line.includes(`run ${older} cannot be claimed`),
      ),
    ).toBe(true);
    expect(await world.statusOf(older)).toBe('queued');
    await mend();
    expect(await world.ended(older)).toBe('executed');
  });

  it('leaves a run to executors that know its scheme', async () => {
    world = await ExecutionWorld.create();
    const runId = await world.request({ key: 'add-items', sqlUp: ADD_ITEMS });
    await world.knex('runs').update({ needs: ['migrate-hub/run/99'] });
    await world.execute(runId);
    const ask = {
      executorId: world.userId,
      leaseSeconds: 2,
      slots: 1,
      knows: ['migrate-hub/run/2'],
    };
    const none = await world.items.claim(ask);
    expect(none).toEqual({ claims: [], contended: false });
    await world.knex('runs').update({ needs: ['migrate-hub/run/2'] });
    await world.startExecutor();
    expect(await world.ended(runId)).toBe('executed');
  });

  it('sends nothing to another server than the approved one', async () => {
    world = await ExecutionWorld.create();
    const [{ record, knex }] = world.targets;
    await world.startExecutor();
    const runId = await world.request({
      key: 'add-items',
      sqlUp: ADD_ITEMS,
      // What answered when the run was requested and approved.
      serverIdentity: '7000000000000000000/shop',
    });
    await world.execute(runId);
    expect(await world.ended(runId)).toBe('failed');
    expect(await world.itemsOf(runId)).toMatchObject([
      { outcome: 'not_applied', error: { code: 'SERVER_CHANGED' } },
    ]);
    expect(await knex.schema.hasTable('items')).toBe(false);

    await world.knex('db_targets').update({ port: record.port + 1 });
    const moved = await world.request({ key: 'more', sqlUp: 'select 1;\n' });
    await world.execute(moved);
    expect(await world.ended(moved)).toBe('failed');
    expect(await world.itemsOf(moved)).toMatchObject([
      { outcome: 'not_applied', error: { code: 'TARGET_CHANGED' } },
    ]);
  });

  it('refuses bytes that are not the approved ones', async () => {
    world = await ExecutionWorld.create();
    const runId = await world.request({ key: 'add-items', sqlUp: ADD_ITEMS });
    // Somebody with access to the hub's database gets around its triggers.
    await world.knex.transaction(async tx => {
      await tx.raw('alter table sql_texts disable trigger all');
      await tx('sql_texts').update({ sql: 'drop table customers;\n' });
    });
    await world.startExecutor();
    await world.execute(runId);
    expect(await world.ended(runId)).toBe('failed');
    expect(await world.itemsOf(runId)).toMatchObject([
      { outcome: 'not_applied', error: { code: 'SQL_CHANGED' } },
    ]);
  });

  it('records an empty script as applied', async () => {
    world = await ExecutionWorld.create();
    await world.startExecutor();
    const runId = await world.request({ key: 'nothing', sqlUp: '-- empty\n' });
    await world.execute(runId);
    expect(await world.ended(runId)).toBe('executed');
    const [{ knex }] = world.targets;
    expect(await knex('migrations').pluck('migration_key')).toEqual([
      'nothing',
    ]);
  });

  it('cancels a running statement, and says that nothing was applied', async () => {
    world = await ExecutionWorld.create();
    await world.startExecutor();
    const runId = await world.request({
      key: 'slow',
      sqlUp: 'create table items (id int);\nselect pg_sleep(60);\n',
    });
    await world.execute(runId);
    await waitUntil('the slow statement runs', async () => {
      const [item] = await world.itemsOf(runId);
      return item.currentStatement === 1;
    });
    await world.knex('runs').update({ cancel_requested_at: new Date() });
    expect(await world.ended(runId)).toBe('canceled');
    expect(await world.itemsOf(runId)).toMatchObject([
      {
        status: 'canceled',
        outcome: 'not_applied',
        error: { code: 'CANCELED' },
      },
    ]);
    const [{ knex }] = world.targets;
    expect(await knex.schema.hasTable('items')).toBe(false);
  });

  it('does not commit once it has seen that somebody cancels', async () => {
    world = await ExecutionWorld.create();
    let reached = false;
    let goOn: (() => void) | undefined;
    const { executor } = await world.startExecutor({
      failPoint: async name => {
        if (name !== 'before_commit') return;
        reached = true;
        await new Promise<void>(resolve => {
          goOn = resolve;
        });
      },
    });
    const runId = await world.request({
      key: 'add-items',
      sqlUp: 'create table items (id int);\n',
    });
    await world.execute(runId);
    await waitUntil('COMMIT is next', () => reached);
    await world.knex('runs').update({ cancel_requested_at: new Date() });
    // Each beat is followed by a look at the items: after two, one look was whole.
    const beats = new Set<string>();
    await waitUntil('the worker knows', async () => {
      const row = await world
        .knex('executors')
        .where({ id: executor.id })
        .first('heartbeat_at');
      beats.add(String(row.heartbeat_at.getTime()));
      return beats.size >= 3;
    });
    goOn?.();
    expect(await world.ended(runId)).toBe('canceled');
    expect(await world.itemsOf(runId)).toMatchObject([
      { status: 'canceled', outcome: 'not_applied' },
    ]);
    const [{ knex }] = world.targets;
    expect(await knex.schema.hasTable('items')).toBe(false);
  });

  it('finishes what it began while the hub has lost its own database', async () => {
    world = await ExecutionWorld.create();
    await world.startExecutor();
    const runId = await world.request({
      key: 'slow',
      sqlUp: 'create table items (id int);\nselect pg_sleep(1);\n',
    });
    await world.execute(runId);
    await waitUntil('the slow statement runs', async () => {
      const [item] = await world.itemsOf(runId);
      return item.currentStatement === 1;
    });
    // Knex tells each connection that it lost.
    jest.spyOn(console, 'log').mockImplementation(() => undefined);
    const [{ knex }] = world.targets;
    await world.withoutHub(() =>
      waitUntil('the target is done and unlocked', async () => {
        const found = await knex.raw(
          `select exists (select from pg_tables where tablename = 'items') as done,
             exists (select from pg_locks where locktype = 'advisory' and database =
               (select oid from pg_database where datname = current_database())) as locked`,
        );
        const [{ done, locked }] = found.rows;
        return done && !locked;
      }),
    );
    expect(await world.ended(runId)).toBe('executed');
    expect(await world.itemsOf(runId)).toMatchObject([
      { attempt: 1, outcome: 'applied' },
    ]);
    const log = await world.logOf(runId);
    expect(log.map(line => line.message)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^Statement 2/)]),
    );
    expect(log.map(line => line.seq)).toEqual(log.map((_, n) => n + 1));
  });

  it('cancels the rest after as many failures as the policy allows', async () => {
    world = await ExecutionWorld.create({
      targets: 3,
      policy: { stopAfterFailures: 1, parallelism: 1 },
    });
    await world.startExecutor();
    const runId = await world.request({
      key: 'broken',
      sqlUp: 'insert into nowhere values (1);\n',
    });
    await world.execute(runId);
    expect(await world.ended(runId)).toBe('failed');
    expect(await world.itemsOf(runId)).toMatchObject([
      { status: 'failed', outcome: 'not_applied' },
      { status: 'canceled', outcome: 'not_applied', attempt: 0 },
      { status: 'canceled', outcome: 'not_applied', attempt: 0 },
    ]);
    expect(await world.auditActions(runId)).toContain('run.stopped');
  });

  it('lets the next wave start when the one before has soaked', async () => {
    world = await ExecutionWorld.create({
      targets: 3,
      policy: {
        canary: { targets: 1, then: { soakMinutes: 60 }, waveSize: 1 },
      },
    });
    await world.startExecutor();
    const runId = await world.request({ key: 'add-items', sqlUp: ADD_ITEMS });
    await world.execute(runId);
    const executed = async () =>
      (await world.itemsOf(runId)).filter(item => item.status === 'executed')
        .length;
    const held = (done: number) =>
      waitUntil('a wave is through, and the next is held', async () => {
        const { hold } = await world.knex('runs').first('hold');
        return hold === 'soak' && (await executed()) === done;
      });
    // An hour later, as far as the hub can tell.
    const soaked = async () => {
      await world.knex.raw(
        `update run_items set finished_at = finished_at - interval '61 minutes'`,
      );
      await wakeRuns(world.knex, { id: runId });
    };
    await held(1);
    await soaked();
    await held(2);
    await soaked();
    expect(await world.ended(runId)).toBe('executed');
  });
});
