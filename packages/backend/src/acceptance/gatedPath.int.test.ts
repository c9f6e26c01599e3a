import {
  plantSecret,
  testServer,
  TestServerName,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { createTargetDatabase } from './__testUtils__/targetDatabases';
import { Company, World } from './__testUtils__/World';

jest.setTimeout(180_000);

const engines: TestServerName[] = ['postgres', 'mariadb', 'mysql'];

let world: World;

beforeAll(async () => {
  world = await World.create();
});
afterAll(async () => world?.hub.stop());

/** The whole path on one engine; an engine that is not to be had here counts as skipped. */
function describeOn(engine: TestServerName) {
  const there = testServer(engine) !== undefined;
  (there ? describe : describe.skip)(`on ${engine}`, () => {
    let company: Company;
    const create = (name: string, sqlUp: string, sqlDown?: string) =>
      company.create(name, sqlUp, sqlDown);

    beforeAll(async () => {
      company = await Company.create(world, engine);
    });
    afterAll(async () => company?.drop());

    it('tells before saving whether a connection works, and why not', async () => {
      const { connection } = company.stg;
      const good = await world.user.call('testConnection', {
        body: connection,
      });
      expect(good).toMatchObject({ ok: true });
      const bad = await world.user.call('testConnection', {
        body: { ...connection, password: plantSecret() },
      });
      expect(bad.ok).toBe(false);
      expect(bad.checks.filter(check => !check.ok)[0].name).toBe(
        'authentication',
      );
    });

    it('goes from draft through stg to prd, and back', async () => {
      const migration = await create(
        'sessions',
        'create table sessions (id integer primary key, token varchar(64));\ncreate index sessions_token on sessions (token);\n',
        'drop table sessions;\n',
      );
      expect(migration).toMatchObject({
        version: 1,
        states: { daily: 'draft', stg: 'draft', prd: 'draft' },
      });
      const { id } = migration;

      const early = await world.user.refused('requestRun', {
        params: { id },
        body: { environment: 'prd', dbSetIds: [company.sets.prd] },
      });
      expect(early).toMatchObject({ status: 409, code: 'PROMOTION_REQUIRED' });

      const run = await company.request(id, 'stg');
      expect(run.status).toBe('awaiting_approval');
      expect(await world.stateOf(id, 'stg')).toBe('awaiting_approve_stg');
      const targets = async () =>
        (await world.user.call('listMigrationTargets', { params: { id } }))
          .items;
      expect(await targets()).toEqual([
        expect.objectContaining({
          environment: 'stg',
          runId: run.id,
          status: 'awaiting_approval',
        }),
      ]);
      expect((await targets())[0]).not.toHaveProperty('version');

      const again = await world.user.refused('requestRun', {
        params: { id },
        body: { environment: 'stg', dbSetIds: [company.sets.stg] },
      });
      expect(again).toMatchObject({ status: 409, code: 'OPEN_RUN' });

      const blocked = await world.user.refused('executeRun', {
        params: { id: run.id },
        body: {},
      });
      expect(blocked).toMatchObject({ status: 409, code: 'NOT_APPROVED' });

      const own = await world.user.refused('decideRun', {
        params: { id: run.id },
        body: { decision: 'approve', digest: run.digest },
      });
      expect(own.status).toBe(403);

      const stale = await world.manager.refused('decideRun', {
        params: { id: run.id },
        body: { decision: 'approve', digest: '0'.repeat(64) },
      });
      expect(stale).toMatchObject({ status: 409, code: 'STALE_DIGEST' });

      const approval = await world.approve(run);
      expect(approval).toMatchObject({ counts: true, digest: run.digest });
      expect(await world.stateOf(id, 'stg')).toBe('approved_stg');

      const done = await world.executed(world.user, run);
      expect(done.items.map(item => [item.status, item.outcome])).toEqual([
        ['executed', 'applied'],
      ]);
      expect(await world.stateOf(id, 'stg')).toBe('executed_stg');

      const [row] = await company.stg.query('select * from migrations');
      expect(row).toEqual({
        migration_key: migration.key,
        checksum_up: migration.checksumUp,
        checksum_down: migration.checksumDown,
        applied_at: expect.any(Date),
        applied_by: 'user@example.com',
        tool_run_id: run.id,
      });
      const [ledger] = await company.stg.query(
        'select * from migrations_ledger',
      );
      expect(ledger).toMatchObject({
        run_item_id: done.items[0].id,
        migration_key: migration.key,
        plan_hash: run.planHash,
        state: 'finished',
      });
      expect(
        await company.stg.query('select count(*) as n from sessions'),
      ).toHaveLength(1);

      const repeated = await company.approved(id, 'stg');
      const skipped = await world.executed(world.user, repeated);
      expect(skipped.status).toBe('executed');
      expect(skipped.items[0].status).toBe('skipped');
      expect(await world.stateOf(id, 'stg')).toBe('executed_stg');

      const prd = await company.approved(id, 'prd');
      const notUser = await world.user.refused('executeRun', {
        params: { id: prd.id },
        body: {},
      });
      expect(notUser).toMatchObject({ status: 403, code: 'ROLE_REQUIRED' });
      const both = await world.executed(world.manager, prd);
      expect(both.itemCounts).toMatchObject({ total: 2, executed: 2 });
      expect(await world.stateOf(id, 'prd')).toBe('executed_prd');
      expect(await targets()).toHaveLength(3);
      for (const database of company.prd) {
        expect(await database.query('select * from migrations')).toHaveLength(
          1,
        );
      }

      const rollback = await company.request(id, 'stg', 'rollback');
      const unapproved = await world.user.refused('executeRun', {
        params: { id: rollback.id },
        body: {},
      });
      expect(unapproved.code).toBe('NOT_APPROVED');
      await world.approve(rollback);
      // What it holds is of the run before; what happens there, of this one.
      expect(await targets()).toContainEqual(
        expect.objectContaining({
          runId: rollback.id,
          status: 'approved',
          version: 1,
        }),
      );
      const undone = await world.executed(world.user, rollback);
      expect(undone.status).toBe('executed');
      expect(await world.stateOf(id, 'stg')).toBe('rollbacked_stg');
      expect(await company.stg.query('select * from migrations')).toEqual([]);
      const ledgers = await company.stg.query(
        `select direction, state from migrations_ledger where migration_key = '${migration.key}' order by direction`,
      );
      expect(ledgers).toContainEqual({ direction: 'down', state: 'finished' });
      await expect(
        company.stg.query('select * from sessions'),
      ).rejects.toThrow();

      const { items } = await world.user.call('listMigrationHistory', {
        params: { id },
        query: { limit: 200 },
      });
      const actions = items.map(item => item.action);
      for (const action of [
        'migration.created',
        'run.requested',
        'execution.blocked',
        'run.approved',
        'run.execution_requested',
        'run.started',
        'run_item.finished',
        'run.finished',
      ]) {
        expect(actions).toContain(action);
      }
      expect(
        items
          .filter(item => item.action === 'run.execution_requested')
          .map(item => item.summary),
      ).toContain('Asked to execute in stg');
    });

    it('voids an approval when the SQL is edited', async () => {
      const migration = await create(
        'colors',
        'create table colors (id integer primary key);',
        'drop table colors;',
      );
      const { id } = migration;
      const run = await company.approved(id, 'stg');
      await world.user.call('updateMigration', {
        params: { id },
        body: {
          expectedVersion: 1,
          sqlUp:
            'create table colors (id integer primary key, name varchar(9));',
        },
      });
      expect(await world.stateOf(id, 'stg')).toBe('needs_reapproval_stg');
      const blocked = await world.user.refused('executeRun', {
        params: { id: run.id },
        body: {},
      });
      expect(blocked.status).toBe(409);
      const stale = await world.manager.refused('decideRun', {
        params: { id: run.id },
        body: { decision: 'approve', digest: run.digest },
      });
      expect(stale.code).toBe('STALE_DIGEST');

      const now = await world.manager.call('getRun', {
        params: { id: run.id },
      });
      expect(now).toMatchObject({ version: 2, revision: 2 });
      expect(now.approvals[0].counts).toBe(false);
      await world.approve(now);
      const done = await world.executed(world.user, run);
      expect(done.status).toBe('executed');
      expect(await world.stateOf(id, 'stg')).toBe('executed_stg');
      await company.stg.query(
        "insert into colors (id, name) values (1, 'red')",
      );

      const conflict = await world.user.refused('updateMigration', {
        params: { id },
        body: { expectedVersion: 1, sqlUp: 'select 1' },
      });
      expect(conflict).toMatchObject({ status: 409, code: 'STALE_VERSION' });
    });

    it('does not touch a target that holds another checksum', async () => {
      const migration = await create(
        'tags',
        'create table tags (id integer primary key);',
      );
      await world.executed(
        world.user,
        await company.approved(migration.id, 'stg'),
      );
      await company.stg.query(
        `update migrations set checksum_up = '${'f'.repeat(
          64,
        )}' where migration_key = '${migration.key}'`,
      );
      const failed = await world.executed(
        world.user,
        await company.approved(migration.id, 'stg'),
      );
      expect(failed.status).toBe('failed');
      expect(failed.items[0]).toMatchObject({
        status: 'failed',
        outcome: 'not_applied',
        error: { code: 'CHECKSUM_MISMATCH' },
      });
      expect(await company.stg.query('select * from tags')).toEqual([]);
    });

    it('says which statement failed, and leaves the other targets alone', async () => {
      const [broken, sound] = company.prd;
      await broken.query('create table orders (id integer)');
      const migration = await create(
        'orders',
        'create table orders (id integer);',
      );
      await world.executed(
        world.user,
        await company.approved(migration.id, 'stg'),
      );
      const run = await world.executed(
        world.manager,
        await company.approved(migration.id, 'prd'),
      );
      expect(run.status).toBe('failed');
      expect(run.itemCounts).toMatchObject({ failed: 1, executed: 1 });
      const inPrd = async () =>
        (
          await world.user.call('getMigration', {
            params: { id: migration.id },
          })
        ).stateCounts.prd;
      expect(await inPrd()).toEqual({ executed: 1, total: 2, failed: true });
      const item = run.items.find(one => one.status === 'failed');
      expect(item).toMatchObject({
        outcome: 'not_applied',
        error: { code: 'STATEMENT_FAILED', statementIndex: 0, line: 1 },
      });
      const key_ = migration.key;
      const where = `select * from migrations where migration_key = '${key_}'`;
      expect(await broken.query(where)).toEqual([]);
      expect(await sound.query(where)).toHaveLength(1);

      // The cause is gone: only what failed runs again, under the same approval.
      await broken.query('drop table orders');
      await world.manager.call('retryRun', {
        params: { id: run.id },
        body: {},
      });
      const retried = await world.manager.runEnded(run.id);
      expect(retried.status).toBe('executed');
      expect(await inPrd()).toEqual({ executed: 2, total: 2 });
      expect(await broken.query(where)).toHaveLength(1);
      const { items } = await world.manager.call('listRunLogs', {
        params: { id: run.id },
        query: {},
      });
      expect(items.map(line => line.seq)).toEqual(
        [...items.map(line => line.seq)].sort((a, b) => a - b),
      );
      expect(items.some(line => line.level === 'error')).toBe(true);
    });

    it('refuses a migrations table that another tool made', async () => {
      const database = await createTargetDatabase(engine);
      try {
        await database.query(
          'create table migrations (id integer primary key, batch integer)',
        );
        const set = await world.user.call('createDbSet', {
          body: {
            project: company.project,
            environment: 'daily',
            name: 'foreign',
          },
        });
        await world.user.call('createDbTarget', {
          body: { dbSetId: set.id, name: 'foreign', ...database.connection },
        });
        const migration = await create(
          'foreign',
          'create table f (id integer);',
        );
        const run = await world.user.call('requestRun', {
          params: { id: migration.id },
          body: { environment: 'daily', dbSetIds: [set.id] },
        });
        await world.approve(run);
        const failed = await world.executed(world.user, run);
        expect(failed.items[0]).toMatchObject({
          status: 'failed',
          outcome: 'not_applied',
          error: { code: 'HISTORY_TABLE_FOREIGN' },
        });
        expect(failed.items[0].error?.message).toContain('historyTable');
        await expect(database.query('select * from f')).rejects.toThrow();
      } finally {
        await database.drop();
      }
    });
  });
}

for (const engine of engines) describeOn(engine);
