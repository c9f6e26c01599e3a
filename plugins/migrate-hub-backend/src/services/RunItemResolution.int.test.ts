import { mockCredentials } from '@backstage/backend-test-utils';
import { Resolution } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { ExecutionWorld } from '../executor/__testUtils__/ExecutionWorld';
import { EXECUTOR_KNOWS } from '../executor/knows';
import { newId } from '../store/Database';
import { findUsers } from '../store/users';
import { Commands } from './Commands';
import { Gate } from './Gate';
import { RunItemResolution } from './RunItemResolution';
import { RunQueries } from './RunQueries';

jest.setTimeout(60_000);

const SQL = `set application_name to 'from the script';
create table items (id int, app text);
insert into items values (2, current_setting('application_name'));
insert into items values (3, current_setting('application_name'));
`;

describe('a person who resolves an item', () => {
  let world: ExecutionWorld;
  let runId: string;

  afterEach(() => world.drop());

  /** A run whose worker died while the second statement was under way; what it did is in the target. */
  async function doubtful(
    options: {
      sqlUp?: string;
      type?: 'apply' | 'rollback';
      tableThere?: boolean;
    } = {},
  ): Promise<void> {
    world = await ExecutionWorld.create();
    const { sqlUp = SQL, type = 'apply' } = options;
    const sqlDown =
      type === 'rollback' ? `select 1;\ndrop table items;\n` : undefined;
    const key = 'add-items';
    const [{ knex }] = world.targets;
    if (sqlDown) {
      const applied = await world.request({ key, sqlUp, sqlDown });
      await world.execute(applied);
      const { stop } = await world.startExecutor();
      await world.ended(applied);
      await stop();
    }
    runId = await world.request({
      key,
      sqlUp,
      sqlDown,
      type,
      mode: 'no_transaction',
    });
    await world.execute(runId);
    const dead = newId();
    await world.knex('executors').insert({
      id: dead,
      host: 'gone',
      heartbeat_at: world.knex.raw(`now() - interval '2 minutes'`),
    });
    await world.items.claim({
      executorId: dead,
      leaseSeconds: 60,
      knows: EXECUTOR_KNOWS,
      slots: 1,
    });
    const [{ id }] = await world.itemsOf(runId);
    const revision = await world
      .knex('run_revisions')
      .where({ run_id: runId })
      .first();
    const left = await world.connect(world.targets[0]);
    await left.acquireLock({ timeoutMs: 1_000 });
    await left.prepareTables();
    await left.writeLedger({
      runItemId: id,
      direction: type === 'apply' ? 'up' : 'down',
      migrationKey: key,
      runId,
      planHash: revision.plan_hash,
      attempt: 1,
      position: 1,
      state: 'started',
      serverId: left.identity.id,
    });
    if (options.tableThere) {
      await knex.raw('create table items (id int, app text)');
    }
    await left.close();
    await world.startExecutor({ config: { leaseSeconds: 1 } });
    expect(await world.ended(runId)).toBe('failed');
    expect(await world.itemsOf(runId)).toMatchObject([
      {
        status: 'failed',
        outcome: 'unknown',
        error: { code: 'OUTCOME_UNKNOWN', statementIndex: 1 },
        evidence: expect.arrayContaining([
          expect.objectContaining({
            check: 'Ledger in the target',
            result: expect.stringContaining('statement 2 under way'),
          }),
        ]),
      },
    ]);
  }

  async function resolve(
    resolution: Resolution,
    doubt?: 'redo' | 'skip',
    role: 'user' | 'manager' = 'manager',
  ) {
    await world.giveRole(role);
    const gate = Gate.create(world.facts);
    const { knex, facts, environments } = world;
    const service = RunItemResolution.create({
      commands: Commands.create(knex),
      facts,
      gate: { resumeBlockers: () => world.blockers },
      queries: RunQueries.create({ knex, facts, gate, environments }),
      drivers: new Map([['postgres', world.driver]]),
      connections: { connectionOf: async target => world.connectionOf(target) },
    });
    const user = (await findUsers(knex, [world.userId])).get(world.userId);
    if (!user) throw new Error('no user');
    const [{ id }] = await world.itemsOf(runId);
    return service.resolve(
      { caller: { user, credentials: mockCredentials.user() } },
      id,
      { resolution, doubtful: doubt, reason: 'I looked' },
    );
  }

  const history = () =>
    world.targets[0].knex('migrations').pluck('migration_key');
  const ledger = async () => {
    const row = await world.targets[0]
      .knex('migrations_ledger')
      .where({ run_id: runId })
      .first('state', 'position');
    return row;
  };

  it('marks it as applied: the record in the target says so, and the run is executed', async () => {
    await doubtful();
    expect(await resolve('mark_applied')).toMatchObject({
      status: 'executed',
      outcome: 'applied',
      allowedResolutions: [],
    });
    expect(await world.statusOf(runId)).toBe('executed');
    expect(await history()).toEqual(['add-items']);
    expect(await ledger()).toMatchObject({ state: 'finished', position: 4 });
    const events = await world.auditActions(runId);
    expect(events.slice(-2).sort()).toEqual([
      'run.finished',
      'run_item.resolved',
    ]);
    await expect(resolve('mark_not_applied')).rejects.toMatchObject({
      code: 'NOTHING_TO_RESOLVE',
    });
  });

  it('marks it as not applied: the ledger is closed and a retry may begin', async () => {
    await doubtful();
    expect(await resolve('mark_not_applied')).toMatchObject({
      status: 'failed',
      outcome: 'not_applied',
    });
    expect(await world.statusOf(runId)).toBe('failed');
    expect(await history()).toEqual([]);
    expect(await ledger()).toMatchObject({ state: 'not_applied' });
  });

  it('marks a rollback as done: the history row goes with it', async () => {
    await doubtful({ type: 'rollback' });
    expect(await history()).toEqual(['add-items']);
    await resolve('mark_applied');
    expect(await history()).toEqual([]);
    expect(await world.statusOf(runId)).toBe('executed');
  });

  it('lets a rollback go on', async () => {
    await doubtful({ type: 'rollback' });
    await resolve('resume', 'redo');
    expect(await world.ended(runId)).toBe('executed');
    expect(await history()).toEqual([]);
    const [{ knex }] = world.targets;
    expect(await knex.schema.hasTable('items')).toBe(false);
  });

  it.each([
    ['redo', { tableThere: false }],
    ['skip', { tableThere: true }],
  ] as const)(
    'lets it go on (%s), with what was set before set again',
    async (doubt, options) => {
      await doubtful(options);
      expect(await resolve('resume', doubt)).toMatchObject({
        status: 'queued',
      });
      expect(await world.ended(runId)).toBe('executed');
      const [{ knex }] = world.targets;
      const app = 'from the script';
      expect(await knex('items').orderBy('id')).toEqual([
        { id: 2, app },
        { id: 3, app },
      ]);
      expect(await history()).toEqual(['add-items']);
      expect(await world.itemsOf(runId)).toMatchObject([
        { status: 'executed', outcome: 'applied', statementsDone: 4 },
      ]);
    },
  );

  it('who was wrong about the statement finds it in doubt as before', async () => {
    await doubtful({ tableThere: true });
    await resolve('resume', 'redo');
    expect(await world.ended(runId)).toBe('failed');
    expect(await world.itemsOf(runId)).toMatchObject([
      { outcome: 'unknown', error: { code: 'STATEMENT_FAILED' } },
    ]);
    expect(await ledger()).toMatchObject({ state: 'started', position: 1 });
    await resolve('resume', 'skip');
    expect(await world.ended(runId)).toBe('executed');
    expect(await history()).toEqual(['add-items']);
  });

  it('is refused where the rest would not do what was approved', async () => {
    await doubtful({
      sqlUp: `create temporary table t (id int);
create table items as select * from t;
select 1;
`,
    });
    await expect(resolve('resume', 'skip')).rejects.toMatchObject({
      code: 'RESOLUTION_REFUSED',
      message: expect.stringContaining('Statement 1'),
    });
    expect(await ledger()).toMatchObject({ state: 'started', position: 1 });
  });

  it('has to say what to do with the statement in doubt, and has to be a manager', async () => {
    await doubtful();
    await expect(resolve('resume')).rejects.toMatchObject({
      code: 'RESOLUTION_REFUSED',
    });
    await expect(
      resolve('mark_applied', undefined, 'user'),
    ).rejects.toMatchObject({ code: 'ROLE_REQUIRED' });
  });

  it('cannot skip a statement that is not in doubt', async () => {
    await doubtful();
    await world.targets[0]
      .knex('migrations_ledger')
      .where({ run_id: runId })
      .update({ state: 'running' });
    await expect(resolve('resume', 'skip')).rejects.toMatchObject({
      code: 'RESOLUTION_REFUSED',
      message: expect.stringContaining('statement 2 is not'),
    });
    await resolve('resume', 'redo');
    expect(await world.ended(runId)).toBe('executed');
  });

  it('cannot mark against what the target says', async () => {
    await doubtful();
    await world.targets[0].knex('migrations_ledger').delete();
    await expect(resolve('mark_applied')).rejects.toMatchObject({
      code: 'RESOLUTION_REFUSED',
    });
    expect(await resolve('mark_not_applied')).toMatchObject({
      outcome: 'not_applied',
    });
  });

  it('marks in the hub alone, and says so, where the target is gone for good', async () => {
    await doubtful();
    const [{ record }] = world.targets;
    await world.knex.raw('drop database ?? with (force)', [record.database]);
    await expect(resolve('mark_applied')).rejects.toMatchObject({
      code: 'TARGET_UNREACHABLE',
    });
    await world.knex('db_targets').update({ disabled_at: new Date() });
    expect(await resolve('mark_applied')).toMatchObject({
      status: 'executed',
      evidence: expect.arrayContaining([
        expect.objectContaining({
          result: expect.stringMatching(/^not verified/),
        }),
      ]),
    });
  });

  it('accepts this version where the target holds another', async () => {
    world = await ExecutionWorld.create();
    const [{ knex }] = world.targets;
    const session = await world.connect(world.targets[0]);
    await session.acquireLock({ timeoutMs: 1_000 });
    await session.prepareTables();
    await session.begin();
    await session.writeRecord(
      {
        runItemId: 'elsewhere',
        direction: 'up',
        migrationKey: 'add-items',
        runId: 'elsewhere',
        planHash: 'b'.repeat(64),
        attempt: 1,
        position: 1,
        state: 'finished',
        serverId: session.identity.id,
      },
      {
        insert: {
          migrationKey: 'add-items',
          checksumUp: 'a'.repeat(64),
          appliedBy: 'somebody',
          toolRunId: 'elsewhere',
        },
      },
    );
    await session.commit();
    await session.close();
    runId = await world.request({ key: 'add-items', sqlUp: SQL });
    await world.execute(runId);
    await world.startExecutor();
    expect(await world.ended(runId)).toBe('failed');
    await resolve('mark_applied');
    const [item] = await world.itemsOf(runId);
    expect(item).toMatchObject({ status: 'executed', outcome: 'applied' });
    expect(await knex('migrations').pluck('checksum_up')).toEqual([
      item.checksumUp,
    ]);
    expect(await knex.schema.hasTable('items')).toBe(false);
  });
});
