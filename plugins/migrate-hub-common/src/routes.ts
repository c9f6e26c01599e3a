import { BasicPermission } from '@backstage/plugin-permission-common';
import { z } from 'zod';
import * as analysis from './analysis';
import * as audit from './audit';
import * as dashboard from './dashboard';
import { environmentSchema } from './environments';
import * as inventory from './inventory';
import * as migrations from './migrations';
import {
  administerPermission,
  auditReadPermission,
  inventoryWritePermission,
  migrationWritePermission,
  readPermission,
  runApprovePermission,
  runExecutePermission,
  runRequestPermission,
  runResolvePermission,
} from './permissions';
import { idSchema, keySchema, pageSchema } from './primitives';
import * as runs from './runs';
import * as signIn from './signIn';
import * as users from './users';

/**
 * One route of the API. Server, client and `openapi.json` are made from it.
 *
 * @public
 */
export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Express path below `/v1`. */
  path: string;
  summary: string;
  permission: BasicPermission;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodObject;
  /** Status of the success answer. */
  status: 200 | 201 | 202;
  response: z.ZodType;
  /** Body limit: `sql` is 60 MB, anything else 1 MB. */
  bodyLimit?: 'sql';
  /** POSTs that create take an `Idempotency-Key`. */
  idempotent?: boolean;
  /** Other media types it can answer besides JSON. */
  produces?: string[];
}

const byId = z.object({ id: idSchema });
const byKey = z.object({ key: keySchema });

const get = <R extends Omit<Route, 'method' | 'status'>>(route: R) =>
  ({ method: 'GET', status: 200, ...route } as const);
const post = <
  R extends Omit<Route, 'method' | 'status'>,
  S extends Route['status'],
>(
  status: S,
  route: R,
) => ({ method: 'POST', status, ...route } as const);
const patch = <R extends Omit<Route, 'method' | 'status'>>(route: R) =>
  ({ method: 'PATCH', status: 200, ...route } as const);
const put = <R extends Omit<Route, 'method' | 'status'>>(route: R) =>
  ({ method: 'PUT', status: 200, ...route } as const);
const del = <R extends Omit<Route, 'method' | 'status'>>(route: R) =>
  ({ method: 'DELETE', status: 200, ...route } as const);

/** Every route of the public API by name. @public */
export const routes = {
  getMe: get({
    path: '/me',
    summary: 'Who am I and what may I do',
    permission: readPermission,
    response: users.meSchema,
  }),
  listEnvironments: get({
    path: '/environments',
    summary: 'The environments in order, with their policies',
    permission: readPermission,
    response: z.array(environmentSchema),
  }),

  listProjects: get({
    path: '/projects',
    summary: 'Projects',
    permission: readPermission,
    query: inventory.projectListQuerySchema,
    response: pageSchema(inventory.projectSchema),
  }),
  createProject: post(201, {
    path: '/projects',
    summary: 'Create a project',
    permission: inventoryWritePermission,
    body: inventory.projectCreateSchema,
    response: inventory.projectSchema,
    idempotent: true,
  }),
  getProject: get({
    path: '/projects/:key',
    summary: 'A project',
    permission: readPermission,
    params: byKey,
    response: inventory.projectSchema,
  }),
  updateProject: patch({
    path: '/projects/:key',
    summary: 'Change or archive a project',
    permission: inventoryWritePermission,
    params: byKey,
    body: inventory.projectPatchSchema,
    response: inventory.projectSchema,
  }),

  listDbSets: get({
    path: '/db-sets',
    summary: 'DB sets',
    permission: readPermission,
    query: inventory.dbSetListQuerySchema,
    response: pageSchema(inventory.dbSetSchema),
  }),
  createDbSet: post(201, {
    path: '/db-sets',
    summary: 'Create a DB set',
    permission: inventoryWritePermission,
    body: inventory.dbSetCreateSchema,
    response: inventory.dbSetSchema,
    idempotent: true,
  }),
  getDbSet: get({
    path: '/db-sets/:id',
    summary: 'A DB set',
    permission: readPermission,
    params: byId,
    response: inventory.dbSetSchema,
  }),
  updateDbSet: patch({
    path: '/db-sets/:id',
    summary: 'Change or disable a DB set',
    permission: inventoryWritePermission,
    params: byId,
    body: inventory.dbSetPatchSchema,
    response: inventory.dbSetSchema,
  }),

  listDbTargets: get({
    path: '/db-targets',
    summary: 'DB targets',
    permission: readPermission,
    query: inventory.dbTargetListQuerySchema,
    response: pageSchema(inventory.dbTargetSchema),
  }),
  createDbTarget: post(201, {
    path: '/db-targets',
    summary: 'Create a DB target; its connection is tested',
    permission: inventoryWritePermission,
    body: inventory.dbTargetCreateSchema,
    response: inventory.dbTargetSchema,
    idempotent: true,
  }),
  testConnection: post(200, {
    path: '/db-targets/test',
    summary: 'Test a connection that is not saved yet',
    permission: inventoryWritePermission,
    body: inventory.connectionTestRequestSchema,
    response: inventory.connectionTestSchema,
  }),
  getDbTarget: get({
    path: '/db-targets/:id',
    summary: 'A DB target',
    permission: readPermission,
    params: byId,
    response: inventory.dbTargetSchema,
  }),
  updateDbTarget: patch({
    path: '/db-targets/:id',
    summary: 'Change or disable a DB target',
    permission: inventoryWritePermission,
    params: byId,
    body: inventory.dbTargetPatchSchema,
    response: inventory.dbTargetSchema,
  }),
  testDbTarget: post(200, {
    path: '/db-targets/:id/test',
    summary: 'Test the connection of a DB target',
    permission: inventoryWritePermission,
    params: byId,
    response: inventory.connectionTestSchema,
  }),

  listMigrations: get({
    path: '/migrations',
    summary: 'Migrations with their state in each environment',
    permission: readPermission,
    query: migrations.migrationListQuerySchema,
    response: pageSchema(migrations.migrationSummarySchema),
  }),
  createMigration: post(201, {
    path: '/migrations',
    summary: 'Create a migration',
    permission: migrationWritePermission,
    body: migrations.migrationCreateSchema,
    response: migrations.migrationSchema,
    bodyLimit: 'sql',
    idempotent: true,
  }),
  analyzeSql: post(200, {
    path: '/migrations/analyze',
    summary: 'Cut and check SQL as a request would',
    permission: migrationWritePermission,
    body: migrations.analyzeRequestSchema,
    response: analysis.sqlAnalysisSchema,
    bodyLimit: 'sql',
  }),
  getMigration: get({
    path: '/migrations/:id',
    summary: 'A migration with its SQL',
    permission: readPermission,
    params: byId,
    response: migrations.migrationSchema,
  }),
  updateMigration: patch({
    path: '/migrations/:id',
    summary: 'Edit a migration; a change of SQL or mode makes a new version',
    permission: migrationWritePermission,
    params: byId,
    body: migrations.migrationPatchSchema,
    response: migrations.migrationSchema,
    bodyLimit: 'sql',
  }),
  listMigrationVersions: get({
    path: '/migrations/:id/versions',
    summary: 'The versions of a migration, without SQL',
    permission: readPermission,
    params: byId,
    query: z.strictObject({}),
    response: pageSchema(migrations.migrationVersionSchema),
  }),
  getMigrationVersion: get({
    path: '/migrations/:id/versions/:version',
    summary: 'One version with its SQL',
    permission: readPermission,
    params: z.object({
      id: idSchema,
      version: z.coerce.number().int().min(1).max(1_000_000),
    }),
    response: migrations.migrationVersionWithSqlSchema,
  }),
  listMigrationHistory: get({
    path: '/migrations/:id/history',
    summary: 'What happened to a migration, newest first',
    permission: readPermission,
    params: byId,
    query: migrations.historyQuerySchema,
    response: pageSchema(migrations.historyEntrySchema),
  }),
  listMigrationTargets: get({
    path: '/migrations/:id/targets',
    summary: 'Which target has which version',
    permission: readPermission,
    params: byId,
    query: migrations.historyQuerySchema,
    response: migrations.migrationTargetsSchema,
  }),
  previewRun: post(200, {
    path: '/migrations/:id/runs/preview',
    summary: 'What a request would do; writes nothing',
    permission: runRequestPermission,
    params: byId,
    body: runs.runRequestSchema,
    response: runs.runPreviewSchema,
  }),
  requestRun: post(201, {
    path: '/migrations/:id/runs',
    summary: 'Request a run; it waits for approval',
    permission: runRequestPermission,
    params: byId,
    body: runs.runRequestSchema,
    response: runs.runSchema,
    idempotent: true,
  }),

  listRuns: get({
    path: '/runs',
    summary: 'Runs, newest first',
    permission: readPermission,
    query: runs.runListQuerySchema,
    response: pageSchema(runs.runSummarySchema),
  }),
  getRun: get({
    path: '/runs/:id',
    summary: 'A run with what is bound, who approved and what happened',
    permission: readPermission,
    params: byId,
    response: runs.runSchema,
  }),
  decideRun: post(201, {
    path: '/runs/:id/approvals',
    summary: 'Approve or deny exactly what the digest covers',
    permission: runApprovePermission,
    params: byId,
    body: runs.approvalRequestSchema,
    response: runs.approvalSchema,
    idempotent: true,
  }),
  executeRun: post(202, {
    path: '/runs/:id/execute',
    summary: 'Execute an approved run',
    permission: runExecutePermission,
    params: byId,
    body: runs.executeRequestSchema,
    response: runs.runSchema,
  }),
  cancelRun: post(202, {
    path: '/runs/:id/cancel',
    summary: 'Cancel what has not started',
    permission: runExecutePermission,
    params: byId,
    body: runs.reasonRequestSchema,
    response: runs.runSchema,
  }),
  retryRun: post(202, {
    path: '/runs/:id/retry',
    summary: 'Execute the failed items again, under the same approval',
    permission: runExecutePermission,
    params: byId,
    body: runs.reasonRequestSchema,
    response: runs.runSchema,
  }),
  listRunItems: get({
    path: '/runs/:id/items',
    summary: 'The items of a run',
    permission: readPermission,
    params: byId,
    query: runs.runItemListQuerySchema,
    response: pageSchema(runs.runItemSchema),
  }),
  listRunLogs: get({
    path: '/runs/:id/logs',
    summary: 'Log lines of a run',
    permission: readPermission,
    params: byId,
    query: runs.logQuerySchema,
    response: runs.logPageSchema,
    produces: ['text/plain'],
  }),
  streamRun: get({
    path: '/runs/:id/stream',
    summary: 'Log lines and changes of a run as server-sent events',
    permission: readPermission,
    params: byId,
    response: z.string(),
    produces: ['text/event-stream'],
  }),
  resolveRunItem: post(200, {
    path: '/run-items/:id/resolution',
    summary:
      'Say what is true of an item whose outcome is unclear, or let it go on',
    permission: runResolvePermission,
    params: byId,
    body: runs.resolutionRequestSchema,
    response: runs.runItemSchema,
  }),
  listItemStatements: get({
    path: '/run-items/:id/statements',
    summary: 'The statements of a run item and how far each is',
    permission: readPermission,
    params: byId,
    query: runs.itemStatementQuerySchema,
    response: pageSchema(runs.itemStatementSchema),
  }),
  listItemLogs: get({
    path: '/run-items/:id/logs',
    summary: 'Log lines of a run item',
    permission: readPermission,
    params: byId,
    query: runs.logQuerySchema,
    response: runs.logPageSchema,
    produces: ['text/plain'],
  }),

  listPendingApprovals: get({
    path: '/approvals/pending',
    summary: 'Runs that wait for approval, oldest first',
    permission: runApprovePermission,
    query: dashboard.pendingApprovalQuerySchema,
    response: pageSchema(runs.runSummarySchema),
  }),
  getDashboard: get({
    path: '/dashboard',
    summary: 'What waits for me, what runs, what happened',
    permission: readPermission,
    response: dashboard.dashboardSchema,
  }),

  listAuditEvents: get({
    path: '/audit-events',
    summary: 'The audit trail, newest first',
    permission: auditReadPermission,
    query: audit.auditQuerySchema,
    response: pageSchema(audit.auditEventSchema),
  }),

  listUsers: get({
    path: '/users',
    summary: 'Users',
    permission: administerPermission,
    query: users.userListQuerySchema,
    response: pageSchema(users.userSchema),
  }),
  updateUser: patch({
    path: '/users/:id',
    summary: 'Change the role of a user, disable or enable',
    permission: administerPermission,
    params: byId,
    body: users.userPatchSchema,
    response: users.userSchema,
  }),
  createUser: post(201, {
    path: '/users',
    summary: 'Prepare an account for somebody who has not signed in yet',
    permission: administerPermission,
    body: users.userCreateSchema,
    response: users.userSchema,
    idempotent: true,
  }),
  setOneTimePassword: post(201, {
    path: '/users/:id/one-time-password',
    summary: 'Give a user a password that must be changed, shown once',
    permission: administerPermission,
    params: byId,
    response: users.oneTimePasswordSchema,
  }),

  listSessions: get({
    path: '/sessions',
    summary: "Open sessions: one's own, or for admins everybody's",
    permission: readPermission,
    query: users.sessionListQuerySchema,
    response: pageSchema(users.sessionSchema),
  }),
  revokeSession: del({
    path: '/sessions/:id',
    summary: 'End a session',
    permission: readPermission,
    params: byId,
    response: users.revokedSchema,
  }),
  revokeSessions: del({
    path: '/sessions',
    summary: 'Sign a user out everywhere',
    permission: readPermission,
    query: users.sessionsRevokeQuerySchema,
    response: users.revokedSchema,
  }),

  getAuthSettings: get({
    path: '/settings/auth',
    summary: 'Who may sign in, and how',
    permission: administerPermission,
    response: signIn.authSettingsSchema,
  }),
  updateAuthSettings: put({
    path: '/settings/auth',
    summary: 'Set who may sign in, and how',
    permission: administerPermission,
    body: signIn.authSettingsUpdateSchema,
    response: signIn.authSettingsSchema,
  }),
} satisfies Record<string, Route>;

/** @public */
export type RouteName = keyof typeof routes;
