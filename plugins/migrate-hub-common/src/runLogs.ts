import { z } from 'zod';
import { idSchema, textSchema, timeSchema } from './primitives';

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
