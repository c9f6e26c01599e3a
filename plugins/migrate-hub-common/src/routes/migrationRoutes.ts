import { z } from 'zod';
import * as analysis from '../analysis';
import * as migrations from '../migrations';
import * as runRequests from '../runRequests';
import * as runs from '../runs';
import {
  migrationWritePermission,
  readPermission,
  runRequestPermission,
} from '../permissions';
import { idSchema, pageSchema } from '../primitives';
import { byId, get, patch, post, Route } from './Route';

/** Migrations and their requests. */
export const migrationRoutes = {
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
    body: runRequests.runRequestSchema,
    response: runRequests.runPreviewSchema,
  }),
  requestRun: post(201, {
    path: '/migrations/:id/runs',
    summary: 'Request a run; it waits for approval',
    permission: runRequestPermission,
    params: byId,
    body: runRequests.runRequestSchema,
    response: runs.runSchema,
    idempotent: true,
  }),
} satisfies Record<string, Route>;
