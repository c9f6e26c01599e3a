import {
  AuditAction,
  RouteName,
  routes,
  Run,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  testServer,
  TestServerName,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { HubProcess } from './HubProcess';
import { Person } from './Person';
import { createTargetDatabase, TargetDatabase } from './targetDatabases';

jest.setTimeout(180_000);

/** Names of the routes that are not GET: a new one without a line below does not compile. */
type ChangingRoute = {
  [K in RouteName]: (typeof routes)[K]['method'] extends 'GET' ? never : K;
}[RouteName];

const engines: TestServerName[] = ['postgres', 'mariadb', 'mysql'];

let hub: HubProcess;
let user: Person;
let manager: Person;
let admin: Person;

beforeAll(async () => {
  hub = await HubProcess.start();
  [user, manager, admin] = await Promise.all([
    Person.signIn(hub, 'user@example.com'),
    Person.signIn(hub, 'manager@example.com'),
    Person.signIn(hub, 'admin@example.com'),
  ]);
});

afterAll(async () => hub?.stop());

/** A project with `stg` (one target) and `prd` (two), each in a database of its own. */
class Company {
  readonly stg: TargetDatabase;
  readonly prd: TargetDatabase[];
  readonly sets: { stg: string; prd: string };
  readonly project: string;
  readonly targetIds: string[];

  static async create(engine: TestServerName): Promise<Company> {
    const project = `auth-${engine}-${Date.now().toString(36)}`;
    await user.call('createProject', {
      body: { key: project, name: `Auth on ${engine}` },
    });
    const databases = [
      await createTargetDatabase(engine),
      await createTargetDatabase(engine),
      await createTargetDatabase(engine),
    ];
    const set = async (environment: string) =>
      user.call('createDbSet', {
        body: { project, environment, name: `auth_${environment}` },
      });
    const sets = { stg: (await set('stg')).id, prd: (await set('prd')).id };
    const targetIds: string[] = [];
    for (const [index, database] of databases.entries()) {
      const target = await user.call('createDbTarget', {
        body: {
          dbSetId: index === 0 ? sets.stg : sets.prd,
          name: `auth_${index}`,
          ...database.connection,
        },
      });
      expect(target.lastTest).toMatchObject({ ok: true });
      expect(target.serverIdentity).toBeTruthy();
      targetIds.push(target.id);
    }
    return new Company({ project, databases, sets, targetIds });
  }

  private constructor(options: {
    project: string;
    databases: TargetDatabase[];
    sets: { stg: string; prd: string };
    targetIds: string[];
  }) {
    this.project = options.project;
    [this.stg, ...this.prd] = options.databases;
    this.sets = options.sets;
    this.targetIds = options.targetIds;
  }

  async drop() {
    for (const database of [this.stg, ...this.prd]) await database.drop();
  }

  request(
    migration: string,
    environment: 'stg' | 'prd',
    type: 'apply' | 'rollback' = 'apply',
  ) {
    return user.call('requestRun', {
      params: { id: migration },
      body: { environment, dbSetIds: [this.sets[environment]], type },
    });
  }

  async approved(
    migration: string,
    environment: 'stg' | 'prd',
    type: 'apply' | 'rollback' = 'apply',
  ): Promise<Run> {
    const run = await this.request(migration, environment, type);
    await approve(run);
    return run;
  }
}

function approve(run: Pick<Run, 'id' | 'digest'>) {
  return manager.call('decideRun', {
    params: { id: run.id },
    body: { decision: 'approve', digest: run.digest },
  });
}

async function executed(by: Person, run: { id: string }): Promise<Run> {
  await by.call('executeRun', { params: { id: run.id }, body: {} });
  return by.runEnded(run.id);
}

const stateOf = async (migration: string, environment: string) =>
  (await user.call('getMigration', { params: { id: migration } })).states[
    environment
  ];

for (const engine of engines) {
  const there = testServer(engine) !== undefined;
  (there ? describe : describe.skip)(`on ${engine}`, () => {
    let company: Company;
    const key = (name: string) => `${company.project}-${name}`;
    const create = (name: string, sqlUp: string, sqlDown?: string) =>
      user.call('createMigration', {
        body: {
          project: company.project,
          key: key(name),
          name,
          sqlUp,
          sqlDown,
        },
      });

    beforeAll(async () => {
      company = await Company.create(engine);
    });
    afterAll(async () => company?.drop());

    it('tells before saving whether a connection works, and why not', async () => {
      const { connection } = company.stg;
      const good = await user.call('testConnection', { body: connection });
      expect(good).toMatchObject({ ok: true });
      const bad = await user.call('testConnection', {
        body: { ...connection, password: 'wrong-Passw0rd' },
      });
      expect(bad.ok).toBe(false);
      expect(bad.checks.filter(check => !check.ok)[0].name).toBe(
        'authentication',
      );
      expect(JSON.stringify(bad)).not.toContain('wrong-Passw0rd');
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

      const early = await user.refused('requestRun', {
        params: { id },
        body: { environment: 'prd', dbSetIds: [company.sets.prd] },
      });
      expect(early).toMatchObject({ status: 409, code: 'PROMOTION_REQUIRED' });

      const run = await company.request(id, 'stg');
      expect(run.status).toBe('awaiting_approval');
      expect(await stateOf(id, 'stg')).toBe('awaiting_approve_stg');

      const again = await user.refused('requestRun', {
        params: { id },
        body: { environment: 'stg', dbSetIds: [company.sets.stg] },
      });
      expect(again).toMatchObject({ status: 409, code: 'OPEN_RUN' });

      const blocked = await user.refused('executeRun', {
        params: { id: run.id },
        body: {},
      });
      expect(blocked).toMatchObject({ status: 409, code: 'NOT_APPROVED' });

      const own = await user.refused('decideRun', {
        params: { id: run.id },
        body: { decision: 'approve', digest: run.digest },
      });
      expect(own.status).toBe(403);

      const stale = await manager.refused('decideRun', {
        params: { id: run.id },
        body: { decision: 'approve', digest: '0'.repeat(64) },
      });
      expect(stale).toMatchObject({ status: 409, code: 'STALE_DIGEST' });

      const approval = await approve(run);
      expect(approval).toMatchObject({ counts: true, digest: run.digest });
      expect(await stateOf(id, 'stg')).toBe('approved_stg');

      const done = await executed(user, run);
      expect(done.items.map(item => [item.status, item.outcome])).toEqual([
        ['executed', 'applied'],
      ]);
      expect(await stateOf(id, 'stg')).toBe('executed_stg');

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
      const skipped = await executed(user, repeated);
      expect(skipped.status).toBe('executed');
      expect(skipped.items[0].status).toBe('skipped');
      expect(await stateOf(id, 'stg')).toBe('executed_stg');

      const prd = await company.approved(id, 'prd');
      const notUser = await user.refused('executeRun', {
        params: { id: prd.id },
        body: {},
      });
      expect(notUser).toMatchObject({ status: 403, code: 'ROLE_REQUIRED' });
      const both = await executed(manager, prd);
      expect(both.itemCounts).toMatchObject({ total: 2, executed: 2 });
      expect(await stateOf(id, 'prd')).toBe('executed_prd');
      for (const database of company.prd) {
        expect(await database.query('select * from migrations')).toHaveLength(
          1,
        );
      }

      const rollback = await company.request(id, 'stg', 'rollback');
      const unapproved = await user.refused('executeRun', {
        params: { id: rollback.id },
        body: {},
      });
      expect(unapproved.code).toBe('NOT_APPROVED');
      await approve(rollback);
      const undone = await executed(user, rollback);
      expect(undone.status).toBe('executed');
      expect(await stateOf(id, 'stg')).toBe('rollbacked_stg');
      expect(await company.stg.query('select * from migrations')).toEqual([]);
      const ledgers = await company.stg.query(
        `select direction, state from migrations_ledger where migration_key = '${migration.key}' order by direction`,
      );
      expect(ledgers).toContainEqual({ direction: 'down', state: 'finished' });
      await expect(
        company.stg.query('select * from sessions'),
      ).rejects.toThrow();

      const { items } = await user.call('listMigrationHistory', {
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
    });

    it('voids an approval when the SQL is edited', async () => {
      const migration = await create(
        'colors',
        'create table colors (id integer primary key);',
        'drop table colors;',
      );
      const { id } = migration;
      const run = await company.approved(id, 'stg');
      await user.call('updateMigration', {
        params: { id },
        body: {
          expectedVersion: 1,
          sqlUp:
            'create table colors (id integer primary key, name varchar(9));',
        },
      });
      expect(await stateOf(id, 'stg')).toBe('needs_reapproval_stg');
      const blocked = await user.refused('executeRun', {
        params: { id: run.id },
        body: {},
      });
      expect(blocked.status).toBe(409);
      const stale = await manager.refused('decideRun', {
        params: { id: run.id },
        body: { decision: 'approve', digest: run.digest },
      });
      expect(stale.code).toBe('STALE_DIGEST');

      const now = await manager.call('getRun', { params: { id: run.id } });
      expect(now).toMatchObject({ version: 2, revision: 2 });
      expect(now.approvals[0].counts).toBe(false);
      await approve(now);
      const done = await executed(user, run);
      expect(done.status).toBe('executed');
      expect(await stateOf(id, 'stg')).toBe('executed_stg');
      await company.stg.query(
        "insert into colors (id, name) values (1, 'red')",
      );

      const conflict = await user.refused('updateMigration', {
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
      await executed(user, await company.approved(migration.id, 'stg'));
      await company.stg.query(
        `update migrations set checksum_up = '${'f'.repeat(
          64,
        )}' where migration_key = '${migration.key}'`,
      );
      const failed = await executed(
        user,
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
      await executed(user, await company.approved(migration.id, 'stg'));
      const run = await executed(
        manager,
        await company.approved(migration.id, 'prd'),
      );
      expect(run.status).toBe('failed');
      expect(run.itemCounts).toMatchObject({ failed: 1, executed: 1 });
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
      await manager.call('retryRun', { params: { id: run.id }, body: {} });
      const retried = await manager.runEnded(run.id);
      expect(retried.status).toBe('executed');
      expect(await broken.query(where)).toHaveLength(1);
      const { items } = await manager.call('listRunLogs', {
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
        const set = await user.call('createDbSet', {
          body: {
            project: company.project,
            environment: 'daily',
            name: 'foreign',
          },
        });
        await user.call('createDbTarget', {
          body: { dbSetId: set.id, name: 'foreign', ...database.connection },
        });
        const migration = await create(
          'foreign',
          'create table f (id integer);',
        );
        const run = await user.call('requestRun', {
          params: { id: migration.id },
          body: { environment: 'daily', dbSetIds: [set.id] },
        });
        await approve(run);
        const failed = await executed(user, run);
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

it('keeps runs true to the inventory', async () => {
  const company = await Company.create('postgres');
  try {
    const [stg] = company.targetIds;
    const { id } = await user.call('createMigration', {
      body: {
        project: company.project,
        key: `${company.project}-inventory`,
        name: 'inventory',
        sqlUp: 'create table inventory (id integer);',
      },
    });
    const run = await company.approved(id, 'stg');

    const target = await user.call('getDbTarget', { params: { id: stg } });
    const unsafe = await user.refused('updateDbTarget', {
      params: { id: stg },
      body: { expectedRevision: target.revision, host: 'localhost' },
    });
    expect(unsafe).toMatchObject({ status: 400, code: 'PASSWORD_REQUIRED' });
    const moved = await user.call('updateDbTarget', {
      params: { id: stg },
      body: {
        expectedRevision: target.revision,
        host: 'localhost',
        password: company.stg.connection.password,
      },
    });
    expect(moved.serverIdentity).toBe(target.serverIdentity);
    const after = await user.call('getRun', { params: { id: run.id } });
    expect(after).toMatchObject({ status: 'awaiting_approval', revision: 2 });
    expect(after.approvals[0].counts).toBe(false);

    const twin = await user.refused('createDbTarget', {
      body: {
        dbSetId: company.sets.prd,
        name: 'twin',
        ...company.stg.connection,
      },
    });
    expect(twin).toMatchObject({ status: 409, code: 'DUPLICATE_SERVER' });

    const canceled = await user.call('cancelRun', {
      params: { id: run.id },
      body: { reason: 'not today' },
    });
    expect(canceled.status).toBe('canceled');
    expect(canceled.items[0]).toMatchObject({
      status: 'canceled',
      outcome: 'not_applied',
    });
    expect(await stateOf(id, 'stg')).toBe('draft');

    await user.call('testDbTarget', { params: { id: stg } });
    const project = await user.call('getProject', {
      params: { key: company.project },
    });
    await user.call('updateProject', {
      params: { key: company.project },
      body: { expectedRevision: project.revision, name: 'Renamed' },
    });
    const set = await user.call('getDbSet', {
      params: { id: company.sets.stg },
    });
    const notAdmin = await user.refused('updateDbSet', {
      params: { id: set.id },
      body: { expectedRevision: set.revision, disabled: true },
    });
    expect(notAdmin).toMatchObject({ status: 403, code: 'ROLE_REQUIRED' });
    await admin.call('updateDbSet', {
      params: { id: set.id },
      body: { expectedRevision: set.revision, disabled: true },
    });
    const nowhere = await user.refused('requestRun', {
      params: { id },
      body: { environment: 'stg', dbSetIds: [set.id] },
    });
    expect(nowhere).toMatchObject({ status: 409, code: 'DISABLED' });
  } finally {
    await company.drop();
  }
});

it('stops counting the approval of somebody who was disabled, at once', async () => {
  const company = await Company.create('postgres');
  try {
    const { id } = await user.call('createMigration', {
      body: {
        project: company.project,
        key: `${company.project}-disabled`,
        name: 'disabled',
        sqlUp: 'create table disabled (id integer);',
      },
    });
    const run = await company.request(id, 'stg');
    const second = await Person.signIn(hub, 'second@example.com');
    await second.call('decideRun', {
      params: { id: run.id },
      body: { decision: 'approve', digest: run.digest },
    });
    const { items } = await admin.call('listUsers', {
      query: { q: 'second@example.com' },
    });
    await admin.call('updateUser', {
      params: { id: items[0].id },
      body: { disabled: true, expectedRevision: items[0].revision },
    });
    expect((await second.refused('getMe', {})).status).toBeGreaterThan(400);
    const blocked = await user.refused('executeRun', {
      params: { id: run.id },
      body: {},
    });
    expect(blocked).toMatchObject({ status: 409, code: 'NOT_APPROVED' });
    expect(await stateOf(id, 'stg')).toBe('needs_reapproval_stg');
    await approve(run);
    expect((await executed(user, run)).status).toBe('executed');
  } finally {
    await company.drop();
  }
});

/** Every route that changes something, with the event that it must leave behind. */
const events: Record<ChangingRoute, AuditAction | 'changes nothing'> = {
  createProject: 'project.created',
  updateProject: 'project.updated',
  createDbSet: 'db_set.created',
  updateDbSet: 'db_set.disabled',
  createDbTarget: 'db_target.created',
  updateDbTarget: 'db_target.updated',
  testConnection: 'changes nothing',
  testDbTarget: 'db_target.tested',
  createMigration: 'migration.created',
  updateMigration: 'migration.sql_changed',
  analyzeSql: 'changes nothing',
  previewRun: 'changes nothing',
  requestRun: 'run.requested',
  decideRun: 'run.approved',
  executeRun: 'run.execution_requested',
  cancelRun: 'run.cancel_requested',
  retryRun: 'run.retried',
  updateUser: 'user.disabled',
};

it('has an event for every route that changes something', async () => {
  for (const action of new Set(Object.values(events))) {
    if (action === 'changes nothing') continue;
    const { items } = await admin.call('listAuditEvents', {
      query: { action, limit: 1 },
    });
    expect([action, items.length]).toEqual([action, 1]);
  }
});

it('keeps an audit trail that the database itself defends', async () => {
  const { items } = await admin.call('listAuditEvents', {
    query: { limit: 200 },
  });
  expect(items.length).toBeGreaterThan(0);
  const notUser = await user.refused('listAuditEvents', {});
  expect(notUser).toMatchObject({ status: 403, code: 'ROLE_REQUIRED' });

  const records = await hub.records();
  try {
    for (const sql of [
      `update audit_events set action = 'run.denied'`,
      'delete from audit_events',
      'truncate audit_events',
      `update approvals set decision = 'approve'`,
      'delete from approvals',
    ]) {
      await expect(records.query(sql)).rejects.toThrow(/append-only/);
    }
  } finally {
    await records.end();
  }
});

it('answers malformed JSON without repeating it', async () => {
  const response = await fetch(`${hub.baseUrl}/api/migrate-hub/v1/db-targets`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${user.token}`,
      'Content-Type': 'application/json',
    },
    body: '{ "password": "hunter2-s3cret", ',
  });
  const text = await response.text();
  expect(response.status).toBe(400);
  expect(JSON.parse(text).error.code).toBe('INVALID_BODY');
  expect(text).not.toContain('hunter2');
  expect(hub.output).not.toContain('hunter2');
});
