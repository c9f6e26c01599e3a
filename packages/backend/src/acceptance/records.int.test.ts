import {
  AuditAction,
  RouteName,
  routes,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  plantSecret,
  testServer,
  TestServerName,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { Person } from './__testUtils__/Person';
import { Company, World } from './__testUtils__/World';

jest.setTimeout(180_000);

/** Names of the routes that are not GET: a new one without a line below does not compile. */
type ChangingRoute = {
  [K in RouteName]: (typeof routes)[K]['method'] extends 'GET' ? never : K;
}[RouteName];

const everyEngine: TestServerName[] = ['postgres', 'mariadb', 'mysql'];
const engines = everyEngine.filter(engine => testServer(engine));

let world: World;

beforeAll(async () => {
  world = await World.create();
});
afterAll(async () => world?.hub.stop());

it('keeps runs true to the inventory', async () => {
  const company = await Company.create(world, 'postgres');
  try {
    const [stg] = company.targetIds;
    const { id } = await world.user.call('createMigration', {
      body: {
        project: company.project,
        key: `${company.project}-inventory`,
        name: 'inventory',
        sqlUp: 'create table inventory (id integer);',
      },
    });
    const run = await company.approved(id, 'stg');

    const target = await world.user.call('getDbTarget', {
      params: { id: stg },
    });
    const unsafe = await world.user.refused('updateDbTarget', {
      params: { id: stg },
      body: { expectedRevision: target.revision, host: 'localhost' },
    });
    expect(unsafe).toMatchObject({ status: 400, code: 'PASSWORD_REQUIRED' });
    const moved = await world.user.call('updateDbTarget', {
      params: { id: stg },
      body: {
        expectedRevision: target.revision,
        host: 'localhost',
        password: company.stg.connection.password,
      },
    });
    expect(moved.serverIdentity).toBe(target.serverIdentity);
    const after = await world.user.call('getRun', { params: { id: run.id } });
    expect(after).toMatchObject({ status: 'awaiting_approval', revision: 2 });
    expect(after.approvals[0].counts).toBe(false);

    const twin = await world.user.refused('createDbTarget', {
      body: {
        dbSetId: company.sets.prd,
        name: 'twin',
        ...company.stg.connection,
      },
    });
    expect(twin).toMatchObject({ status: 409, code: 'DUPLICATE_SERVER' });

    const canceled = await world.user.call('cancelRun', {
      params: { id: run.id },
      body: { reason: 'not today' },
    });
    expect(canceled.status).toBe('canceled');
    expect(canceled.items[0]).toMatchObject({
      status: 'canceled',
      outcome: 'not_applied',
    });
    expect(await world.stateOf(id, 'stg')).toBe('draft');

    await world.user.call('testDbTarget', { params: { id: stg } });
    expect(
      await world.user.call('reconcileDbTarget', { params: { id: stg } }),
    ).toMatchObject({ lost: 0, foreign: 0 });
    const project = await world.user.call('getProject', {
      params: { key: company.project },
    });
    await world.user.call('updateProject', {
      params: { key: company.project },
      body: { expectedRevision: project.revision, name: 'Renamed' },
    });
    const set = await world.user.call('getDbSet', {
      params: { id: company.sets.stg },
    });
    const notAdmin = await world.user.refused('updateDbSet', {
      params: { id: set.id },
      body: { expectedRevision: set.revision, disabled: true },
    });
    expect(notAdmin).toMatchObject({ status: 403, code: 'ROLE_REQUIRED' });
    await world.admin.call('updateDbSet', {
      params: { id: set.id },
      body: { expectedRevision: set.revision, disabled: true },
    });
    const nowhere = await world.user.refused('requestRun', {
      params: { id },
      body: { environment: 'stg', dbSetIds: [set.id] },
    });
    expect(nowhere).toMatchObject({ status: 409, code: 'DISABLED' });
  } finally {
    await company.drop();
  }
});

it('lets a failed target be tried again, and the SQL be edited after', async () => {
  const company = await Company.create(world, 'postgres');
  try {
    await company.stg.query('create table again (id integer)');
    const { id } = await company.create(
      'again',
      'create table again (id int);',
    );
    const run = await company.approved(id, 'stg');
    expect((await world.executed(world.user, run)).status).toBe('failed');
    await company.stg.query('drop table again');
    const edited = await world.user.call('updateMigration', {
      params: { id },
      body: { expectedVersion: 1, sqlUp: 'create table again (id bigint);' },
    });
    expect(edited.version).toBe(2);
    const superseded = await world.user.refused('retryRun', {
      params: { id: run.id },
      body: {},
    });
    expect(superseded).toMatchObject({ status: 409, code: 'SUPERSEDED' });

    await company.stg.query('create table again (id integer)');
    const second = await company.approved(id, 'stg');
    expect((await world.executed(world.user, second)).status).toBe('failed');
    await company.stg.query('drop table again');
    await world.user.call('retryRun', { params: { id: second.id }, body: {} });
    expect((await world.user.runEnded(second.id)).status).toBe('executed');
  } finally {
    await company.drop();
  }
});

it.each(engines)(
  'lets a manager go on where a script stopped half way (%s)',
  async engine => {
    const company = await Company.create(world, engine);
    try {
      await company.stg.query('create table second (id integer)');
      const { id } = await world.user.call('createMigration', {
        body: {
          project: company.project,
          key: `${company.project}-half`,
          name: 'half',
          sqlUp:
            'create table first (id integer);\ncreate table second (id integer);\n',
          transactionMode: 'no_transaction',
        },
      });
      const run = await company.approved(id, 'stg');
      const half = await world.executed(world.user, run);
      expect(half.items).toMatchObject([
        {
          status: 'failed',
          outcome: 'partially_applied',
          error: { statementIndex: 1 },
          allowedResolutions: ['mark_applied', 'mark_not_applied', 'resume'],
        },
      ]);
      expect(half.allowedActions).not.toContain('resolve');
      const retried = await world.user.refused('retryRun', {
        params: { id: run.id },
        body: {},
      });
      expect(retried).toMatchObject({ status: 409, code: 'OUTCOME_UNKNOWN' });

      await company.stg.query('drop table second');
      const resolution = {
        params: { id: half.items[0].id },
        body: {
          resolution: 'resume',
          doubtful: 'redo',
          reason: 'The table was left from a test; it is gone now.',
        },
      } as const;
      const user = await world.user.refused('resolveRunItem', resolution);
      expect(user).toMatchObject({ status: 403, code: 'ROLE_REQUIRED' });
      const item = await world.manager.call('resolveRunItem', resolution);
      expect(item.status).toBe('queued');
      const done = await world.user.runEnded(run.id);
      expect(done.items).toMatchObject([
        { status: 'executed', outcome: 'applied', statementsDone: 2 },
      ]);
      expect(await world.stateOf(id, 'stg')).toBe('executed_stg');
      const again = await world.manager.refused('resolveRunItem', resolution);
      expect(again).toMatchObject({ status: 409, code: 'NOTHING_TO_RESOLVE' });
    } finally {
      await company.drop();
    }
  },
);

it('refuses an edit that touches the record of a target with an open run', async () => {
  const company = await Company.create(world, 'postgres');
  try {
    const { user } = world;
    const [stg] = company.targetIds;
    const target = await user.call('getDbTarget', { params: { id: stg } });
    await user.call('updateDbTarget', {
      params: { id: stg },
      body: { expectedRevision: target.revision, historyTable: 'our_record' },
    });
    const { id } = await company.create('record', 'create table r (id int);');
    await company.request(id, 'stg');
    const refused = await user.refused('updateMigration', {
      params: { id },
      body: { expectedVersion: 1, sqlUp: 'delete from our_record;' },
    });
    expect(refused).toMatchObject({ status: 422, code: 'SQL_REFUSED' });
    const after = await user.call('getMigration', { params: { id } });
    expect(after.version).toBe(1);
  } finally {
    await company.drop();
  }
});

it('stops counting the approval of somebody who was disabled, at once', async () => {
  const company = await Company.create(world, 'postgres');
  try {
    const { id } = await world.user.call('createMigration', {
      body: {
        project: company.project,
        key: `${company.project}-disabled`,
        name: 'disabled',
        sqlUp: 'create table disabled (id integer);',
      },
    });
    const run = await company.request(id, 'stg');
    const second = await Person.signIn(world.hub, 'second@example.com');
    await second.call('decideRun', {
      params: { id: run.id },
      body: { decision: 'approve', digest: run.digest },
    });
    const { items } = await world.admin.call('listUsers', {
      query: { q: 'second@example.com' },
    });
    await world.admin.call('updateUser', {
      params: { id: items[0].id },
      body: { disabled: true, expectedRevision: items[0].revision },
    });
    expect((await second.refused('getMe', {})).status).toBeGreaterThan(400);
    const blocked = await world.user.refused('executeRun', {
      params: { id: run.id },
      body: {},
    });
    expect(blocked).toMatchObject({ status: 409, code: 'NOT_APPROVED' });
    expect(await world.stateOf(id, 'stg')).toBe('needs_reapproval_stg');
    await world.approve(run);
    expect((await world.executed(world.user, run)).status).toBe('executed');
  } finally {
    await company.drop();
  }
});

/** Every route that changes something, with the event that it must leave behind. */
const events: Record<
  ChangingRoute,
  AuditAction | 'changes nothing' | 'in policies.int.test.ts'
> = {
  createProject: 'project.created',
  updateProject: 'project.updated',
  createDbSet: 'db_set.created',
  updateDbSet: 'db_set.disabled',
  createDbTarget: 'db_target.created',
  updateDbTarget: 'db_target.updated',
  testConnection: 'changes nothing',
  testDbTarget: 'db_target.tested',
  reconcileDbTarget: 'db_target.reconciled',
  createMigration: 'migration.created',
  updateMigration: 'migration.sql_changed',
  analyzeSql: 'changes nothing',
  previewRun: 'changes nothing',
  requestRun: 'run.requested',
  decideRun: 'run.approved',
  executeRun: 'run.execution_requested',
  continueRun: 'in policies.int.test.ts',
  confirmBreakGlass: 'in policies.int.test.ts',
  cancelRun: 'run.cancel_requested',
  retryRun: 'run.retried',
  resolveRunItem: 'run_item.resolved',
  updateUser: 'user.disabled',
  createUser: 'user.created',
  eraseUser: 'user.erased',
  setOneTimePassword: 'password.set',
  revokeSession: 'session.revoked',
  revokeSessions: 'session.revoked',
  updateAuthSettings: 'settings.changed',
  createWebhook: 'webhook.created',
  updateWebhook: 'webhook.updated',
  testWebhook: 'webhook.tested',
  deleteWebhook: 'webhook.deleted',
  updateEnvironmentSettings: 'settings.proposed',
  previewEnvironmentSettings: 'changes nothing',
  decideEnvironmentProposal: 'settings.proposal_rejected',
};

it('has an event for every route that changes something', async () => {
  const { revision, localForced, ...policy } = await world.admin.call(
    'getAuthSettings',
    {},
  );
  expect(localForced).toBe(false);
  await world.admin.call('updateAuthSettings', {
    body: { ...policy, expectedRevision: revision },
  });
  const webhook = await world.admin.call('createWebhook', {
    body: {
      url: 'https://hooks.example.com/hub',
      events: ['run.finished'],
      secret: plantSecret(),
    },
  });
  const params = { id: webhook.id };
  await world.admin.call('testWebhook', { params });
  await world.admin.call('updateWebhook', {
    params,
    body: { expectedRevision: webhook.revision, disabled: true },
  });
  await world.admin.call('deleteWebhook', { params });
  const prd = { params: { name: 'prd' } };
  const rules = await world.admin.call('getEnvironmentSettings', prd);
  const proposed = await world.admin.call('updateEnvironmentSettings', {
    ...prd,
    body: {
      policy: { ...rules.policy, selfApproval: true },
      expectedRevision: rules.revision,
    },
  });
  await world.admin.call('decideEnvironmentProposal', {
    ...prd,
    body: { decision: 'reject', expectedRevision: proposed.revision },
  });
  const leaver = await world.admin.call('createUser', {
    body: { email: 'leaver@example.com', role: 'user' },
  });
  await world.admin.call('updateUser', {
    params: { id: leaver.id },
    body: { expectedRevision: leaver.revision, disabled: true },
  });
  await world.admin.call('eraseUser', { params: { id: leaver.id } });
  const another = await Person.signIn(world.hub, 'user@example.com');
  const { items: sessions } = await another.call('listSessions', {});
  const current = sessions.find(session => session.current);
  await another.call('revokeSession', { params: { id: current?.id ?? '' } });
  expect((await another.refused('getMe', {})).status).toBe(401);

  for (const action of new Set(Object.values(events))) {
    if (action === 'changes nothing') continue;
    if (action === 'in policies.int.test.ts') continue;
    const { items } = await world.admin.call('listAuditEvents', {
      query: { action, limit: 1 },
    });
    expect([action, items.length]).toEqual([action, 1]);
  }
});

it('keeps an audit trail that the database itself defends', async () => {
  const { items } = await world.admin.call('listAuditEvents', {
    query: { limit: 200 },
  });
  expect(items.length).toBeGreaterThan(0);
  const notUser = await world.user.refused('listAuditEvents', {});
  expect(notUser).toMatchObject({ status: 403, code: 'ROLE_REQUIRED' });

  const records = await world.hub.records();
  try {
    for (const sql of [
      `update audit_events set action = 'run.denied'`,
      'delete from audit_events',
      'truncate audit_events cascade',
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
  const response = await fetch(
    `${world.hub.baseUrl}/api/migrate-hub/v1/db-targets`,
    {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${world.user.token}`,
        'Content-Type': 'application/json',
      },
      body: '{ "password": "hunter2-s3cret", ',
    },
  );
  const text = await response.text();
  expect(response.status).toBe(400);
  expect(JSON.parse(text).error.code).toBe('INVALID_BODY');
  expect(text).not.toContain('hunter2');
  expect(world.hub.output).not.toContain('hunter2');
});

it('lets a run be followed live, and its log be taken home', async () => {
  const company = await Company.create(world, 'postgres');
  try {
    const { id } = await company.create(
      'followed',
      'create table followed (id integer);\nselect pg_sleep(0.5);',
    );
    const run = await company.approved(id, 'stg');
    const base = `${world.hub.baseUrl}/api/migrate-hub/v1/runs/${run.id}`;
    const headers = { Authorization: `Bearer ${world.user.token}` };

    const stream = await fetch(`${base}/stream`, { headers });
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    const done = world.executed(world.user, run);
    let text = '';
    for await (const chunk of stream.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes('"status":"executed"')) break;
    }
    await done;
    const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, seq]) =>
      Number(seq),
    );
    expect(ids.length).toBeGreaterThan(3);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));

    const download = await fetch(`${base}/logs`, {
      headers: { ...headers, Accept: 'text/plain' },
    });
    expect(download.headers.get('content-disposition')).toContain('attachment');
    const lines = await download.text();
    expect(lines).toContain('CREATE TABLE');
    // SQL can hold passwords: the log tells the kind of a statement only.
    expect(lines).not.toContain('pg_sleep(0.5)');
  } finally {
    await company.drop();
  }
});
