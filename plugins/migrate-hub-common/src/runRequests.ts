import { z } from 'zod';
import {
  environmentNameSchema,
  idSchema,
  keySchema,
  pageQuerySchema,
  severalSchema,
  sha256Schema,
  textSchema,
  timeSchema,
} from './primitives';
import {
  blockerSchema,
  itemStatusSchema,
  outcomeSchema,
  resolutionSchema,
  runAnalysisSchema,
  runStatusSchema,
  runTypeSchema,
  targetRefSchema,
} from './runs';

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
  /** It may not start before; the approval covers it. */
  notBefore: timeSchema.optional(),
});

/** @public */
export const runPreviewSchema = z.object({
  targets: z.array(
    z.object({
      target: targetRefSchema,
      history: z.enum(['none', 'same', 'other', 'unknown']),
      message: z.string().optional(),
      /** What the last connection test warned of. */
      warnings: z.array(z.string()).optional(),
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
  /** Start then, and not now. */
  at: timeSchema.optional(),
  /** Ask, as an admin, to start in a freeze or outside the windows; another admin confirms. */
  breakGlass: z
    .strictObject({ reason: textSchema({ min: 1, max: 2000 }) })
    .optional(),
});

/** @public */
export const breakGlassConfirmationSchema = z.strictObject({
  digest: sha256Schema,
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
export const itemStatementQuerySchema = pageQuerySchema;
