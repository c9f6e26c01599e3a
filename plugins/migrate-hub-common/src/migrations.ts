import { z } from 'zod';
import { engineSchema, transactionModeSchema } from './analysis';
import { reconciliationSchema } from './inventory';
import {
  actionsShape,
  actorSchema,
  environmentNameSchema,
  flagSchema,
  idSchema,
  keySchema,
  nameSchema,
  pageQuerySchema,
  pageSchema,
  sha256Schema,
  textSchema,
  timeSchema,
} from './primitives';

/** Where a migration stands in one environment; in answers with the suffix `_<environment>`, `draft` without. @public */
export const environmentStateSchema = z.enum([
  'draft',
  'awaiting_approve',
  'approved',
  'executed',
  'rollbacked',
  'needs_reapproval',
]);
/** @public */
export type EnvironmentState = z.infer<typeof environmentStateSchema>;

const sqlSchema = textSchema({ max: 60_000_000 });
const jira = z
  .string()
  .max(100)
  .regex(/^[A-Z][A-Z0-9_]{0,30}-[0-9]{1,12}$/, {
    message: 'must be a Jira key such as DB-123',
  });
const description = textSchema({ max: 10_000 });

/** `states.prd` is e.g. `executed_prd`, or `draft`. @public */
export const statesSchema = z.record(z.string(), z.string());

/** "31 of 44" for each environment. @public */
export const stateCountsSchema = z.record(
  z.string(),
  z.object({
    executed: z.int(),
    total: z.int(),
    /** The last run there failed, and that still stands. */
    failed: z.boolean().optional(),
  }),
);

const summaryShape = {
  id: idSchema,
  project: z.string(),
  key: z.string(),
  name: z.string(),
  jira: z.string().optional(),
  version: z.int(),
  revision: z.int(),
  checksumUp: sha256Schema,
  checksumDown: sha256Schema.optional(),
  transactionMode: transactionModeSchema,
  archived: z.boolean(),
  states: statesSchema,
  stateCounts: stateCountsSchema,
  createdBy: actorSchema,
  createdAt: timeSchema,
  updatedBy: actorSchema,
  updatedAt: timeSchema,
};

/** A line of the list: never SQL. @public */
export const migrationSummarySchema = z.object(summaryShape);
/** @public */
export type MigrationSummary = z.infer<typeof migrationSummarySchema>;

/** @public */
export const migrationSchema = z.object({
  ...summaryShape,
  description: z.string().optional(),
  sqlUp: z.string(),
  sqlDown: z.string().optional(),
  /** Targets that hold an older version of the SQL: roll those back first, or make a new migration. */
  olderOnTargets: z.array(
    z.object({
      target: z.string(),
      environment: z.string(),
      version: z.int().optional(),
    }),
  ),
  ...actionsShape,
});
/** @public */
export type Migration = z.infer<typeof migrationSchema>;

/** @public */
export const migrationListQuerySchema = pageQuerySchema.extend({
  project: keySchema.optional(),
  environment: environmentNameSchema.optional(),
  state: z
    .string()
    .regex(/^[a-z_]{1,40}[a-z0-9_]{0,40}$/)
    .optional(),
  jira: z.string().max(100).optional(),
  q: textSchema({ max: 200 }).optional(),
  createdBy: textSchema({ max: 254 }).optional(),
  archived: flagSchema.optional(),
});

/** @public */
export const migrationCreateSchema = z.strictObject({
  project: keySchema,
  key: keySchema,
  name: nameSchema,
  jira: jira.optional(),
  description: description.optional(),
  sqlUp: sqlSchema,
  sqlDown: sqlSchema.optional(),
  transactionMode: transactionModeSchema.default('auto'),
});

/** @public */
export const migrationPatchSchema = z.strictObject({
  expectedVersion: z.int(),
  expectedRevision: z.int().optional(),
  name: nameSchema.optional(),
  jira: jira.nullable().optional(),
  description: description.nullable().optional(),
  sqlUp: sqlSchema.optional(),
  sqlDown: sqlSchema.nullable().optional(),
  transactionMode: transactionModeSchema.optional(),
  archived: z.boolean().optional(),
});

/** @public */
export const migrationVersionSchema = z.object({
  version: z.int(),
  checksumUp: sha256Schema,
  checksumDown: sha256Schema.optional(),
  transactionMode: transactionModeSchema,
  createdBy: actorSchema,
  createdAt: timeSchema,
});
/** @public */
export type MigrationVersion = z.infer<typeof migrationVersionSchema>;

/** @public */
export const migrationVersionWithSqlSchema = migrationVersionSchema.extend({
  sqlUp: z.string(),
  sqlDown: z.string().optional(),
});

/** @public */
export const historyEntrySchema = z.object({
  at: timeSchema,
  actor: actorSchema.optional(),
  action: z.string(),
  environment: z.string().optional(),
  run: idSchema.optional(),
  summary: z.string(),
});
/** @public */
export type HistoryEntry = z.infer<typeof historyEntrySchema>;

/** One cell of the environment × target grid. @public */
export const migrationTargetSchema = z.object({
  target: z.object({ id: idSchema, name: z.string() }),
  environment: z.string(),
  /** What the target holds, by the hub's records; absent with `checksumUp` if it holds none. */
  version: z.int().optional(),
  checksumUp: z.string().optional(),
  /** Of the target in the newest run that covers it; while the run waits, of the run. */
  status: z.string(),
  outcome: z.string().optional(),
  /** The newest run that covers the target. */
  runId: idSchema,
  /** When that run was done with the target; until then, when it was requested. */
  at: timeSchema,
  /** Of this migration alone: whether the target's own record says the same. */
  reconciliation: reconciliationSchema.optional(),
});

/** @public */
export type MigrationTarget = z.infer<typeof migrationTargetSchema>;

/** @public */
export const migrationTargetsSchema = pageSchema(migrationTargetSchema);

/** @public */
export const analyzeRequestSchema = z.strictObject({
  engine: engineSchema,
  sql: sqlSchema,
  transactionMode: transactionModeSchema.default('auto'),
});

/** @public */
export const historyQuerySchema = pageQuerySchema;
