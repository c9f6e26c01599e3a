import { z } from 'zod';
import {
  AuditEntityType,
  auditActionSchema,
  auditEntityTypeSchema,
} from './audit';
import { idSchema, timeSchema } from './primitives';

/** Topic of Backstage's events service on which the hub tells what happened, as {@link HubEvents}. @public */
export const HUB_EVENT_TOPIC = 'migrate-hub';

/**
 * What other plugins and webhooks are told of an audit event, after it was
 * committed, at least once: `id` tells a second time.
 *
 * @remarks
 * Neither addresses nor e-mails nor SQL are in it. `payload` is there for runs
 * and their items; for anything else ask the API.
 *
 * @public
 */
export const hubEventSchema = z.object({
  id: idSchema,
  at: timeSchema,
  action: auditActionSchema,
  entityType: auditEntityTypeSchema,
  entityId: z.string(),
  /** Entity ref of who did it; absent for the hub itself. */
  actor: z.string().optional(),
  migration: z.object({ id: idSchema, key: z.string() }).optional(),
  run: idSchema.optional(),
  environment: z.string().optional(),
  payload: z.record(z.string(), z.unknown()).optional(),
});
/** @public */
export type HubEvent = z.infer<typeof hubEventSchema>;

/** Payload of a message on the topic: what happened since the last, in order. @public */
export const hubEventsSchema = z.object({ events: z.array(hubEventSchema) });
/** @public */
export type HubEvents = z.infer<typeof hubEventsSchema>;

/** Channel of Backstage's signals by which open pages learn that something changed. @public */
export const HUB_SIGNAL_CHANNEL = 'migrate-hub';

/**
 * Kinds of entities that changed since the last signal. The pages read again
 * what they show; Backstage's signals reach whoever connects, so no id is in it.
 *
 * @public
 */
export type HubSignal = { changed: AuditEntityType[] };
