import { z } from 'zod';
import { engineSchema, sqlProblemSchema } from './analysis';
import { tlsSchema } from './analysis';
import { canarySchema } from './environments';
import {
  actionsShape,
  actorSchema,
  idSchema,
  sha256Schema,
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
  scheme: z.enum(['migrate-hub/run/1', 'migrate-hub/run/2']),
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
  /** Since scheme 2: when it may start at all. */
  schedule: z.object({ notBefore: timeSchema.optional() }).optional(),
  /** All but the parallelism since scheme 2. */
  rollout: z.object({
    parallelism: z.int(),
    stopAfterFailures: z.int().optional(),
    canary: canarySchema.optional(),
  }),
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

/** Why nothing more of an open run is started for the time being. @public */
export const holdKindSchema = z.enum([
  /** The time it was scheduled for has not come. */
  'schedule',
  'window',
  'freeze',
  /** Its approvals do not suffice any more. */
  'approval',
  /** Whoever executed or requested it may not any more; somebody has to take it over. */
  'adoption',
  /** What has to stand executed in another environment does not any more. */
  'promotion',
  /** Too many targets failed. */
  'failures',
  /** The wave before is at work. */
  'wave',
  /** The wave before has ended, the time after it has not. */
  'soak',
  /** A person has to let the next wave start. */
  'person',
  /** No executor is alive that knows how. */
  'executor',
]);
/** @public */
export type HoldKind = z.infer<typeof holdKindSchema>;

/** @public */
export const runHoldSchema = z.object({
  kind: holdKindSchema,
  /** A full sentence. */
  message: z.string(),
  /** When it ends by itself, where that is known. */
  until: timeSchema.optional(),
  /** Who can end it. */
  who: z.string().optional(),
});

/** Two admins let a run start outside the windows or in a freeze. @public */
export const breakGlassSchema = z.object({
  reason: z.string(),
  requestedBy: actorSchema,
  requestedAt: timeSchema,
  /** Absent while the second admin is missing. */
  confirmedBy: actorSchema.optional(),
  confirmedAt: timeSchema.optional(),
  /** It counts until then. */
  endsAt: timeSchema,
});

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
  /** Executed, to start then. */
  scheduledFor: timeSchema.optional(),
  breakGlass: breakGlassSchema.optional(),
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
  /** What the last connection tests of its targets warned of, for the approver; of the first 200. */
  targetWarnings: z
    .array(z.object({ target: targetRefSchema, message: z.string() }))
    .optional(),
  /** The first 200; all of them at `/runs/:id/items`. */
  items: z.array(runItemSchema),
  executedBy: actorSchema.optional(),
  /** It may not start before, as approved. */
  notBefore: timeSchema.optional(),
  /** Of one that could not start now by the clock: when it could. */
  opensAt: timeSchema.optional(),
  /** Why nothing more of it is started, of one that is queued or running. */
  waitingFor: runHoldSchema.optional(),
  /** Of one with a canary: which wave's turn it is. */
  wave: z.object({ number: z.int(), of: z.int(), targets: z.int() }).optional(),
  blockers: z.array(blockerSchema),
  ...actionsShape,
});
/** @public */
export type Run = z.infer<typeof runSchema>;

/** @public */
export const itemStatementSchema = z.object({
  index: z.int(),
  line: z.int(),
  kind: z.string(),
  text: z.string(),
  transactional: z.enum(['yes', 'no', 'opaque']),
  state: z.enum(['pending', 'running', 'done', 'failed', 'unknown']),
});
