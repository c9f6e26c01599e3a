import * as inventory from '../inventory';
import { inventoryWritePermission, readPermission } from '../permissions';
import { pageQuerySchema, pageSchema } from '../primitives';
import { byId, byKey, get, patch, post, Route } from './Route';

/** Projects, DB sets and DB targets. */
export const inventoryRoutes = {
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
  getReconciliation: get({
    path: '/db-targets/:id/reconciliation',
    summary:
      'Where the hub and the history table of a DB target disagree, from the last comparison',
    permission: readPermission,
    params: byId,
    query: pageQuerySchema,
    response: inventory.reconciliationReportSchema,
  }),
  reconcileDbTarget: post(200, {
    path: '/db-targets/:id/reconcile',
    summary:
      'Compare the hub with the history table of a DB target now; changes nothing there',
    permission: inventoryWritePermission,
    params: byId,
    response: inventory.reconciliationSchema,
  }),
} satisfies Record<string, Route>;
