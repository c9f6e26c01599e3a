import { z } from 'zod';
import { actorSchema, idSchema, textSchema, timeSchema } from './primitives';

/** What a webhook can be told of: approvals, results, and checkpoints of the audit chain. @public */
export const webhookEventSchema = z.enum([
  'run.requested',
  'run.revised',
  'run.approved',
  'run.denied',
  'approval.invalidated',
  'run.execution_requested',
  'execution.blocked',
  'run.started',
  'run.retried',
  'run.finished',
  'run.canceled',
  'run_item.finished',
  'run_item.resolved',
  'audit.checkpoint',
]);
/** @public */
export type WebhookEvent = z.infer<typeof webhookEventSchema>;

/** What a receiver is sent: what it asked for, or a test that an admin asked for. @public */
export const deliveredEventSchema = z.enum([
  ...webhookEventSchema.options,
  'webhook.test',
]);
/** @public */
export type DeliveredEvent = z.infer<typeof deliveredEventSchema>;

/** One attempt after another to tell a receiver of one event. @public */
export const webhookDeliverySchema = z.object({
  id: idSchema,
  event: deliveredEventSchema,
  status: z.enum(['waiting', 'delivered', 'failed']),
  attempts: z.number().int(),
  createdAt: timeSchema,
  nextAttemptAt: timeSchema.optional(),
  finishedAt: timeSchema.optional(),
  /** HTTP status of the last attempt, if there was an answer. */
  statusCode: z.number().int().optional(),
  /** Why the last attempt failed, if there was no answer. */
  error: z.string().optional(),
});
/** @public */
export type WebhookDelivery = z.infer<typeof webhookDeliverySchema>;

/** Without its secret, which nobody reads again. @public */
export const webhookSchema = z.object({
  id: idSchema,
  url: z.string(),
  events: z.array(webhookEventSchema),
  disabled: z.boolean(),
  revision: z.number().int(),
  createdBy: actorSchema,
  createdAt: timeSchema,
  updatedAt: timeSchema,
  /** Newest first. */
  lastDeliveries: z.array(webhookDeliverySchema),
});
/** @public */
export type Webhook = z.infer<typeof webhookSchema>;

const urlSchema = textSchema({ max: 2000 })
  .refine(
    text => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    {
      message: 'must be an address that begins with https:// or http://',
    },
  )
  .refine(text => !URL.canParse(text) || new URL(text).username === '', {
    message:
      'must have no user and password in it: the receiver knows us by the signature',
  });
const eventsSchema = z
  .array(webhookEventSchema)
  .min(1)
  .max(webhookEventSchema.options.length)
  .transform(events => [...new Set(events)]);
const secretSchema = textSchema({ min: 16, max: 200 });

/** @public */
export const webhookCreateSchema = z.strictObject({
  url: urlSchema,
  events: eventsSchema,
  /** Signs what is sent; the receiver has it too. */
  secret: secretSchema,
});

/** @public */
export const webhookPatchSchema = z.strictObject({
  expectedRevision: z.number().int(),
  url: urlSchema.optional(),
  events: eventsSchema.optional(),
  secret: secretSchema.optional(),
  disabled: z.boolean().optional(),
});

/** @public */
export const webhookDeletedSchema = z.object({ deleted: z.literal(true) });
