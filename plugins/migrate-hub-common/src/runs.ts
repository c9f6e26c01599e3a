import { z } from 'zod';
import { engineSchema, sqlProblemSchema } from './analysis';
import { tlsSchema } from './analysis';
import {
  actionsShape,
  actorSchema,
  environmentNameSchema,
  idSchema,
  keySchema,
  pageQuerySchema,
  severalSchema,
  sha256Schema,
  textSchema,
  timeSchema,
} from './primitives';

/** @public */
export const runStatusSchema = z.enum([
  'queued',
  'awaiting_approval',
  'approved',
  'denied',
  'running',
  'executed',
  'failed',
  'canceled',
]);
/** @public */
export type RunStatus = z.infer<typeof runStatusSchema>;

/** @public */
export const itemStatusSchema = z.enum([
  'queued',
  'running',
  'executed',
  'skipped',
  'failed',
  'canceled',
]);
/** @public */
export type ItemStatus = z.infer<typeof itemStatusSchema>;

/** What the database really did. Absent until known. @public */
export const outcomeSchema = z.enum([
  'applied',
  'not_applied',
  'partially_applied',
  'unknown',
]);
/** @public */
export type Outcome = z.infer<typeof outcomeSchema>;

/** @public */
export const runTypeSchema = z.enum(['apply', 'rollback']);
/** @public */
export type RunType = z.infer<typeof runTypeSchema>;

/** @public */
export const targetRefSchema = z.object({
  id: idSchema,
  name: z.string(),
  dbSet: z.string(),
  host: z.string(),
  port: z.int(),
  database: z.string(),
});
/** @public */
export type TargetRef = z.infer<typeof targetRefSchema>;

/** Everything an approval covers; its canonical JSON (RFC 8785) is what the digest hashes. @public */
export const bindingSchema = z.object({
  scheme: z.literal('migrate-hub/run/1'),
  runId: idSchema,
  revision: z.int(),
  type: runTypeSchema,
  environment: z.string(),
  migrationKey: z.string(),
  version: z.int(),
  planHash: sha256Schema,
  checksum: sha256Schema,
  mode: z.enum(['single_transaction', 'stepwise']),
  lockTimeoutSeconds: z.int(),
  statementTimeoutSeconds: z.int(),
  rollout: z.object({ parallelism: z.int() }),
  targets: z.array(
    z.object({
      id: idSchema,
      serverIdentity: z.string(),
      engine: engineSchema,
      host: z.string(),
      port: z.int(),
      database: z.string(),
      username: z.string(),
      tls: tlsSchema,
      historyTable: z.string(),
      historySchema: z.string().optional(),
    }),
  ),
});
/** @public */
export type Binding = z.infer<typeof bindingSchema>;

/** @public */
export const approvalSchema = z.object({
  id: idSchema,
  decision: z.enum(['approve', 'deny']),
  digest: sha256Schema,
  revision: z.int(),
  comment: z.string().optional(),
  approver: actorSchema,
  at: timeSchema,
  /** Does it count towards the quorum now? */
  counts: z.boolean(),
  /** Why not, in words. */
  reason: z.string().optional(),
});
/** @public */
export type Approval = z.infer<typeof approvalSchema>;

/** @public */
export const itemCountsSchema = z.object({
  total: z.int(),
  queued: z.int(),
  running: z.int(),
  executed: z.int(),
  skipped: z.int(),
  failed: z.int(),
  canceled: z.int(),
  unknown: z.int(),
});
/** @public */
export type ItemCounts = z.infer<typeof itemCountsSchema>;

/** @public */
export const runItemErrorSchema = z.object({
  code: z.string(),
  sqlState: z.string().optional(),
  statementIndex: z.int().optional(),
  line: z.int().optional(),
  message: z.string(),
});
/** @public */
export type RunItemError = z.infer<typeof runItemErrorSchema>;

/**
 * What a person says about an item whose outcome is unclear.
 *
 * - `mark_applied`: everything is in the database (of a rollback: gone from it)
 * - `mark_not_applied`: nothing of it is
 * - `resume`: the rest shall run
 *
 * @public
 */
export const resolutionSchema = z.enum([
  'mark_applied',
  'mark_not_applied',
  'resume',
]);
/** @public */
export type Resolution = z.infer<typeof resolutionSchema>;

/** @public */
export const runItemSchema = z.object({
  id: idSchema,
  target: targetRefSchema,
  status: itemStatusSchema,
  outcome: outcomeSchema.optional(),
  attempt: z.int(),
  revision: z.int(),
  statementsDone: z.int(),
  statementsTotal: z.int(),
  currentStatement: z
    .object({ index: z.int(), startedAt: timeSchema })
    .optional(),
  waitingFor: z
    .object({
      kind: z.string(),
      holder: z.string().optional(),
      since: timeSchema,
    })
    .optional(),
  evidence: z.array(
    z.object({ check: z.string(), result: z.string(), at: timeSchema }),
  ),
  error: runItemErrorSchema.optional(),
  /** By its state; who may resolve at all says the action `resolve` of the run. */
  allowedResolutions: z.array(resolutionSchema),
  startedAt: timeSchema.optional(),
  finishedAt: timeSchema.optional(),
});
/** @public */
export type RunItem = z.infer<typeof runItemSchema>;

/** @public */
export const blockerSchema = z.object({
  action: z.string(),
  code: z.string(),
  message: z.string(),
});
/** @public */
export type Blocker = z.infer<typeof blockerSchema>;

const summaryShape = {
  id: idSchema,
  migration: z.object({
    id: idSchema,
    key: z.string(),
    name: z.string(),
    project: z.string(),
  }),
  version: z.int(),
  environment: z.string(),
  engine: engineSchema,
  type: runTypeSchema,
  status: runStatusSchema,
  reason: z.string().optional(),
  requestedBy: actorSchema,
  itemCounts: itemCountsSchema,
  createdAt: timeSchema,
  startedAt: timeSchema.optional(),
  finishedAt: timeSchema.optional(),
};

/** @public */
export const runSummarySchema = z.object(summaryShape);
/** @public */
export type RunSummary = z.infer<typeof runSummarySchema>;

/** @public */
export const runAnalysisSchema = z.object({
  statements: z.int(),
  transactional: z.int(),
  mode: z.enum(['single_transaction', 'stepwise']),
  problems: z.array(sqlProblemSchema),
});

/** @public */
export const runSchema = z.object({
  ...summaryShape,
  dbSets: z.array(z.object({ id: idSchema, name: z.string() })),
  digest: sha256Schema,
  binding: bindingSchema,
  sql: z.string(),
  checksum: sha256Schema,
  comparison: z.object({
    approvedVersion: z.int().optional(),
    executedVersion: z.int().optional(),
  }),
  revision: z.int(),
  planHash: sha256Schema,
  approvals: z.array(approvalSchema),
  approvalsRequired: z.int(),
  analysis: runAnalysisSchema,
  /** The first 200; all of them at `/runs/:id/items`. */
  items: z.array(runItemSchema),
  executedBy: actorSchema.optional(),
  blockers: z.array(blockerSchema),
  ...actionsShape,
});
/** @public */
export type Run = z.infer<typeof runSchema>;

/** @public */
export const runListQuerySchema = pageQuerySchema.extend({
  status: severalSchema(runStatusSchema),
  environment: environmentNameSchema.optional(),
  project: keySchema.optional(),
  migration: textSchema({ max: 200 }).optional(),
  type: runTypeSchema.optional(),
  requestedBy: textSchema({ max: 254 }).optional(),
});

const reason = textSchema({ max: 2000 });

/** @public */
export const runRequestSchema = z.strictObject({
  environment: environmentNameSchema,
  dbSetIds: z.array(idSchema).min(1).max(200),
  targetIds: z.array(idSchema).min(1).max(5000).optional(),
  type: runTypeSchema.default('apply'),
  reason: reason.optional(),
});

/** @public */
export const runPreviewSchema = z.object({
  targets: z.array(
    z.object({
      target: targetRefSchema,
      history: z.enum(['none', 'same', 'other', 'unknown']),
      message: z.string().optional(),
    }),
  ),
  analysis: runAnalysisSchema.optional(),
  approvalsRequired: z.int(),
  blockers: z.array(blockerSchema),
});
/** @public */
export type RunPreview = z.infer<typeof runPreviewSchema>;

/** @public */
export const approvalRequestSchema = z.strictObject({
  decision: z.enum(['approve', 'deny']),
  digest: sha256Schema,
  comment: reason.optional(),
});

/** @public */
export const executeRequestSchema = z.strictObject({
  /** Needed where a target of the run was disabled since: the rest is executed, and that is recorded. */
  skipDisabledTargets: z.boolean().optional(),
});

/** @public */
export const reasonRequestSchema = z.strictObject({
  reason: reason.optional(),
});

/** @public */
export const resolutionRequestSchema = z.strictObject({
  resolution: resolutionSchema,
  /** Of `resume`, where a statement is in doubt: send it again, or go on with the next. */
  doubtful: z.enum(['redo', 'skip']).optional(),
  /** How the person knows. */
  reason: textSchema({ min: 1, max: 2000 }),
});

/** @public */
export const runItemListQuerySchema = pageQuerySchema.extend({
  status: severalSchema(itemStatusSchema),
  outcome: severalSchema(outcomeSchema),
});

/** @public */
export const logLevelSchema = z.enum(['debug', 'info', 'warn', 'error']);
/** @public */
export type LogLevel = z.infer<typeof logLevelSchema>;

/** A log line. `seq` rises over the whole run. @public */
export const logLineSchema = z.object({
  seq: z.int(),
  at: timeSchema,
  level: logLevelSchema,
  runItem: idSchema,
  message: z.string(),
  attempt: z.int(),
  statementIndex: z.int().optional(),
  durationMs: z.number().optional(),
  rows: z.int().optional(),
  /**
   * A server said this (a notice, the detail of an error), and it may hold rows.
   * Managers and admins with the permission `migrate-hub.log.sensitive` read it.
   */
  sensitive: z.boolean().optional(),
  /** It is sensitive, and the reader may not see it: `message` says so instead. */
  hidden: z.boolean().optional(),
});
/** @public */
export type LogLine = z.infer<typeof logLineSchema>;

/** @public */
export const logQuerySchema = z.strictObject({
  after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
  limit: z.coerce.number().int().min(1).max(5000).default(1000),
  item: idSchema.optional(),
  level: logLevelSchema.optional(),
  q: textSchema({ max: 200 }).optional(),
});

/** `dropped` counts lines beyond the cap of an item. @public */
export const logPageSchema = z.object({
  items: z.array(logLineSchema),
  nextAfter: z.int(),
  dropped: z.int(),
});
/** @public */
export type LogPage = z.infer<typeof logPageSchema>;

/** @public */
export const itemStatementSchema = z.object({
  index: z.int(),
  line: z.int(),
  kind: z.string(),
  text: z.string(),
  transactional: z.enum(['yes', 'no', 'opaque']),
  state: z.enum(['pending', 'running', 'done', 'failed', 'unknown']),
});

/** @public */
export const itemStatementQuerySchema = pageQuerySchema;
