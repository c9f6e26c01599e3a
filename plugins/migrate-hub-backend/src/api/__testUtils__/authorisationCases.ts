import {
  RouteInput,
  RouteName,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Answer, ApiWorld, CallerName } from './ApiWorld';
import { Scene } from './Scene';

/** A request that succeeds for whoever may make it. */
export interface AuthorisationCase {
  route: RouteName;
  /** What sets it apart from the other cases of the route; empty for the plain one. */
  story: string;
  /** Sets the scene anew; what comes back makes the request. */
  prepare(scene: Scene): Promise<(caller: CallerName) => Promise<Answer>>;
}

/** In two calls: with the route still open, TypeScript takes seconds for each input. */
const on =
  <K extends RouteName>(route: K) =>
  (
    story: string,
    input: (scene: Scene) => Promise<RouteInput<K>>,
  ): AuthorisationCase => ({
    route,
    story,
    async prepare(scene) {
      const { world }: { world: ApiWorld } = scene;
      const prepared = await input(scene);
      return caller => world.call(caller, route, prepared);
    },
  });

const params = (id: string) => ({ params: { id } });
const prd = { params: { name: 'prd' } };

/** Inventory, and what can be read of it. */
const inventory = [
  on('listProjects')('', async () => ({})),
  on('createProject')('', async scene => {
    const key = scene.newName();
    return { body: { key, name: key } };
  }),
  on('getProject')('', async ({ project }) => ({ params: { key: project } })),
  on('updateProject')('', async ({ world, project }) => {
    const { revision } = await world.done('author', 'getProject', {
      params: { key: project },
    });
    return {
      params: { key: project },
      body: { expectedRevision: revision, description: 'Another' },
    };
  }),
  on('listDbSets')('', async () => ({})),
  on('createDbSet')('', async scene => ({
    body: {
      project: scene.project,
      environment: 'stg',
      name: scene.newName(),
    },
  })),
  on('getDbSet')('', async ({ dbSets }) => params(dbSets.stg)),
  on('updateDbSet')('', async ({ world, dbSets }) => {
    const set = await world.done('author', 'getDbSet', params(dbSets.stg));
    return {
      ...params(dbSets.stg),
      body: { expectedRevision: set.revision, description: 'Another' },
    };
  }),
  on('updateDbSet')('disable', async scene => {
    const { world, project } = scene;
    const set = await world.done('author', 'createDbSet', {
      body: { project, environment: 'stg', name: scene.newName() },
    });
    return {
      ...params(set.id),
      body: { expectedRevision: set.revision, disabled: true },
    };
  }),
  on('listDbTargets')('', async () => ({})),
  on('createDbTarget')('', async scene => ({
    body: {
      ...scene.world.connection,
      dbSetId: scene.dbSets.spare,
      name: scene.newName(),
      // Nobody listens there: it is another server, or none.
      port: 1,
    },
  })),
  on('testConnection')('', async ({ world }) => ({ body: world.connection })),
  on('getDbTarget')('', async ({ target }) => params(target)),
  on('updateDbTarget')('', async scene => {
    const { world, target } = scene;
    const found = await world.done('author', 'getDbTarget', params(target));
    return {
      ...params(target),
      body: { expectedRevision: found.revision, name: scene.newName() },
    };
  }),
  on('updateDbTarget')('disable', async scene => {
    const target = await scene.world.done('author', 'createDbTarget', {
      body: {
        ...scene.world.connection,
        ...{ dbSetId: scene.dbSets.spare, name: scene.newName(), port: 1 },
      },
    });
    return {
      ...params(target.id),
      body: { expectedRevision: target.revision, disabled: true },
    };
  }),
  on('testDbTarget')('', async ({ target }) => params(target)),
  on('getReconciliation')('', async ({ target }) => params(target)),
  on('reconcileDbTarget')('', async ({ target }) => params(target)),
];

const migrations = [
  on('listMigrations')('', async () => ({})),
  on('createMigration')('', async scene => {
    const key = scene.newName();
    const { project } = scene;
    return { body: { project, key, name: key, sqlUp: 'select 1' } };
  }),
  on('analyzeSql')('', async () => ({
    body: { engine: 'postgres', sql: 'select 1' },
  })),
  on('getMigration')('', async scene =>
    params((await scene.newMigration()).id),
  ),
  on('updateMigration')('', async scene => ({
    ...params((await scene.newMigration()).id),
    body: { expectedVersion: 1, name: 'Another' },
  })),
  on('updateMigration')('archive', async scene => ({
    ...params((await scene.newMigration()).id),
    body: { expectedVersion: 1, archived: true },
  })),
  on('listMigrationVersions')('', async scene =>
    params((await scene.newMigration()).id),
  ),
  on('getMigrationVersion')('', async scene => ({
    params: { id: (await scene.newMigration()).id, version: 1 },
  })),
  on('listMigrationHistory')('', async scene =>
    params((await scene.newMigration()).id),
  ),
  on('listMigrationTargets')('', async scene =>
    params((await scene.newMigration()).id),
  ),
  on('previewRun')('', async scene => ({
    ...params((await scene.newMigration()).id),
    body: { environment: 'stg', dbSetIds: [scene.dbSets.stg] },
  })),
  on('requestRun')('', async scene => ({
    ...params((await scene.newMigration()).id),
    body: { environment: 'stg', dbSetIds: [scene.dbSets.stg] },
  })),
];

const runs = [
  on('listRuns')('', async () => ({})),
  on('getRun')('', async scene => params((await scene.newRun()).id)),
  on('decideRun')('approve', async scene => {
    const { id, digest } = await scene.newRun();
    return { ...params(id), body: { decision: 'approve', digest } };
  }),
  on('decideRun')('deny', async scene => {
    const { id, digest } = await scene.newRun();
    return {
      ...params(id),
      body: { decision: 'deny', digest, comment: 'Not today' },
    };
  }),
  on('executeRun')('in stg', async scene => ({
    ...params((await scene.approvedRun('stg')).id),
    body: {},
  })),
  on('executeRun')('in prd', async scene => ({
    ...params((await scene.approvedRun('prd')).id),
    body: {},
  })),
  on('continueRun')('to take it over', async scene => {
    const { world } = scene;
    const { id } = await scene.approvedRun('stg');
    await world.done('admin', 'executeRun', { ...params(id), body: {} });
    await world
      .knex('runs')
      .where({ id })
      .update({ executed_by: await world.idOf('disabled') });
    return { ...params(id), body: {} };
  }),
  on('confirmBreakGlass')('', async scene => {
    const { world } = scene;
    const { id, digest } = await scene.approvedRun('stg');
    await world
      .knex('runs')
      .where({ id })
      .update({
        break_glass: {
          ...{ reason: 'The shop is down', revision: 1, digest },
          requestedBy: await world.idOf('chief'),
          requestedAt: new Date().toISOString(),
        },
      });
    return { ...params(id), body: { digest } };
  }),
  on('cancelRun')('', async scene => ({
    ...params((await scene.newRun()).id),
    body: {},
  })),
  on('retryRun')('in stg', async scene => ({
    ...params((await scene.failedRun('not_applied', 'stg')).id),
    body: {},
  })),
  on('retryRun')('in prd', async scene => ({
    ...params((await scene.failedRun('not_applied', 'prd')).id),
    body: {},
  })),
  on('listRunItems')('', async scene => params((await scene.newRun()).id)),
  on('listRunLogs')('', async scene => params((await scene.newRun()).id)),
  on('streamRun')('', async scene => params((await scene.canceledRun()).id)),
  on('resolveRunItem')('', async scene => {
    const { items } = await scene.failedRun('unknown');
    return {
      ...params(items[0].id),
      body: { resolution: 'mark_not_applied', reason: 'I have looked' },
    };
  }),
  on('listItemStatements')('', async scene =>
    params((await scene.newRun()).items[0].id),
  ),
  on('listItemLogs')('', async scene =>
    params((await scene.newRun()).items[0].id),
  ),
  on('listPendingApprovals')("one's own", async () => ({})),
  on('listPendingApprovals')("everybody's", async () => ({
    query: { scope: 'all' },
  })),
];

const records = [
  on('getMe')('', async () => ({})),
  on('listEnvironments')('', async () => ({})),
  on('getDashboard')('', async () => ({})),
  on('listAuditEvents')('', async () => ({})),
  on('verifyAuditEvents')('', async () => ({})),
  on('exportAuditEvents')('', async () => ({})),
  on('listAuditKeys')('', async () => ({})),
];

const webhook: RouteInput<'createWebhook'>['body'] = {
  url: 'https://hooks.example.com/hub',
  events: ['run.finished'],
  secret: 'a-secret-of-some-length',
};

const administration = [
  on('listUsers')('', async () => ({})),
  on('createUser')('', async scene => ({
    body: { email: `${scene.newName()}@example.com`, role: 'user' },
  })),
  on('eraseUser')('', async scene => {
    const { id, revision } = await scene.newUser();
    await scene.world.done('admin', 'updateUser', {
      ...params(id),
      body: { disabled: true, expectedRevision: revision },
    });
    return params(id);
  }),
  on('updateUser')('role', async scene => {
    const { id, revision } = await scene.newUser();
    return {
      ...params(id),
      body: { role: 'manager', expectedRevision: revision },
    };
  }),
  on('updateUser')('disable', async scene => {
    const { id, revision } = await scene.newUser();
    return {
      ...params(id),
      body: { disabled: true, expectedRevision: revision },
    };
  }),
  on('setOneTimePassword')('', async scene =>
    params((await scene.newUser()).id),
  ),
  on('listSessions')("one's own", async () => ({})),
  on('listSessions')("the creator's", async ({ world }) => ({
    query: { user: await world.idOf('author') },
  })),
  on('revokeSession')("somebody else's", async scene =>
    params(await scene.world.openSession(scene.newName())),
  ),
  on('revokeSessions')("one's own", async () => ({})),
  on('revokeSessions')("somebody else's", async scene => ({
    query: { user: (await scene.newUser()).id },
  })),
  on('listWebhooks')('', async () => ({})),
  on('createWebhook')('', async () => ({ body: webhook })),
  on('updateWebhook')('', async ({ world }) => {
    const { id, revision } = await world.done('admin', 'createWebhook', {
      body: webhook,
    });
    return {
      ...params(id),
      body: { expectedRevision: revision, disabled: true },
    };
  }),
  on('testWebhook')('', async ({ world }) =>
    params((await world.done('admin', 'createWebhook', { body: webhook })).id),
  ),
  on('deleteWebhook')('', async ({ world }) =>
    params((await world.done('admin', 'createWebhook', { body: webhook })).id),
  ),
  on('getSecretSettings')('', async () => ({})),
  on('getHealth')('', async () => ({})),
  on('getEnvironmentSettings')('', async () => prd),
  on('updateEnvironmentSettings')('', async ({ world }) => {
    const now = await world.done('admin', 'getEnvironmentSettings', prd);
    const { policy, revision } = now;
    return { ...prd, body: { policy, expectedRevision: revision } };
  }),
  on('previewEnvironmentSettings')('', async ({ world }) => {
    const now = await world.done('admin', 'getEnvironmentSettings', prd);
    return { ...prd, body: { policy: now.policy } };
  }),
  on('decideEnvironmentProposal')('reject', async ({ world }) => {
    const now = await world.done('admin', 'getEnvironmentSettings', prd);
    const { revision } = await world.done(
      'admin',
      'updateEnvironmentSettings',
      {
        ...prd,
        body: {
          policy: { ...now.policy, selfApproval: true },
          expectedRevision: now.revision,
        },
      },
    );
    return {
      ...prd,
      body: { decision: 'reject', expectedRevision: revision },
    };
  }),
  on('getAuthSettings')('', async () => ({})),
  on('updateAuthSettings')('', async ({ world }) => {
    const { localForced, revision, ...policy } = await world.done(
      'admin',
      'getAuthSettings',
      {},
    );
    return { body: { ...policy, expectedRevision: revision } };
  }),
];

/** At least one for each route of the contract, in the order of the table. */
export const authorisationCases: AuthorisationCase[] = [
  ...records,
  ...inventory,
  ...migrations,
  ...runs,
  ...administration,
];
