import { z } from 'zod';
import {
  actorSchema,
  flagSchema,
  idSchema,
  pageQuerySchema,
  sha256Schema,
  textSchema,
  timeSchema,
} from './primitives';

/** Every action that can stand in the audit trail. @public */
export const auditActionSchema = z.enum([
  'project.created',
  'project.updated',
  'project.archived',
  'project.unarchived',
  'db_set.created',
  'db_set.updated',
  'db_set.disabled',
  'db_set.enabled',
  'db_target.created',
  'db_target.updated',
  'db_target.tested',
  'db_target.reconciled',
  'db_target.disabled',
  'db_target.enabled',
  'migration.created',
  'migration.updated',
  'migration.sql_changed',
  'migration.archived',
  'migration.unarchived',
  'run.requested',
  'run.revised',
  'run.approved',
  'run.denied',
  'run.execution_requested',
  'run.continued',
  'run.break_glass_requested',
  'run.break_glass_confirmed',
  'run.stopped',
  'run.started',
  'run.finished',
  'run.cancel_requested',
  'run.canceled',
  'run.retried',
  'run_item.finished',
  'run_item.recovered',
  'run_item.resolved',
  'approval.invalidated',
  'execution.blocked',
  'user.provisioned',
  'user.created',
  'user.updated',
  'user.role_changed',
  'user.disabled',
  'user.enabled',
  'user.erased',
  'password.set',
  'session.created',
  'session.revoked',
  'login.succeeded',
  'login.failed',
  'settings.changed',
  'settings.proposed',
  'settings.proposal_rejected',
  'secrets.rotated',
  'log.downloaded',
  'audit.exported',
  'webhook.created',
  'webhook.updated',
  'webhook.deleted',
  'webhook.tested',
  'hub.epoch_raised',
]);
/** @public */
export type AuditAction = z.infer<typeof auditActionSchema>;

/** @public */
export const auditEntityTypeSchema = z.enum([
  'project',
  'db_set',
  'db_target',
  'migration',
  'run',
  'run_item',
  'user',
  'session',
  'settings',
  'audit',
  'webhook',
]);
/** @public */
export type AuditEntityType = z.infer<typeof auditEntityTypeSchema>;

/** One line of the audit trail. The payload has checksums, never SQL or secrets. @public */
export const auditEventSchema = z.object({
  id: idSchema,
  at: timeSchema,
  actor: actorSchema.optional(),
  action: auditActionSchema,
  entityType: auditEntityTypeSchema,
  entityId: z.string(),
  /** What people call it today: a key, a name, an e-mail address. */
  entityName: z.string().optional(),
  payload: z.record(z.string(), z.unknown()),
  requestId: z.string().optional(),
});
/** @public */
export type AuditEvent = z.infer<typeof auditEventSchema>;

const auditFilter = {
  actor: textSchema({ max: 254 }).optional(),
  action: auditActionSchema.optional(),
  entityType: auditEntityTypeSchema.optional(),
  entityId: textSchema({ max: 200 }).optional(),
  from: timeSchema.optional(),
  to: timeSchema.optional(),
};

/** @public */
export const auditQuerySchema = pageQuerySchema.extend(auditFilter);

/**
 * What to export: NDJSON carries the chain and can be verified without the hub,
 * CSV is for reading.
 *
 * @public
 */
export const auditExportQuerySchema = z.strictObject({
  ...auditFilter,
  format: z.enum(['ndjson', 'csv']).default('ndjson'),
});

const positionSchema = z.number().int().positive();

/**
 * How to verify: without anything on from where the last verification came, with
 * `full` from the first event. `seq` and `hash` name a checkpoint that was kept
 * elsewhere (a log line, a webhook, a ledger): the chain has to contain it.
 *
 * @public
 */
export const auditVerifyQuerySchema = z
  .strictObject({
    full: flagSchema.optional(),
    seq: z.coerce.number().int().positive().optional(),
    hash: sha256Schema.optional(),
  })
  .refine(query => (query.seq === undefined) === (query.hash === undefined), {
    message: 'seq and hash belong together: both are of one checkpoint',
    path: ['seq'],
  });

/** Signed: the chain had this many links then, and this hash. @public */
export const auditCheckpointSchema = z.object({
  seq: positionSchema,
  hash: sha256Schema,
  at: timeSchema,
  keyId: z.string(),
});
/** @public */
export type AuditCheckpoint = z.infer<typeof auditCheckpointSchema>;

/** Whether the audit trail is what it was. @public */
export const auditVerificationSchema = z.object({
  ok: z.boolean(),
  /** Links that were looked at. */
  checked: z.number().int(),
  /** After which link it began; 0 is the whole chain. */
  after: z.number().int(),
  /** The last checkpoint of the chain. */
  head: auditCheckpointSchema.optional(),
  /** Events that wait to be linked: normally those of the last second. */
  pending: z.number().int(),
  /** The first place that is not as it was, as far as it has one. */
  brokenAt: z
    .object({ seq: positionSchema.optional(), event: idSchema.optional() })
    .optional(),
  reason: z.string().optional(),
  /** What an auditor should know although the chain is whole. */
  notes: z.array(z.string()),
});
/** @public */
export type AuditVerification = z.infer<typeof auditVerificationSchema>;

/** Verifies what the hub signed. `publicKey`: SPKI, PEM. @public */
export const auditKeySchema = z.object({
  id: z.string(),
  publicKey: z.string(),
  use: z.enum(['signs', 'verifies']),
  compromisedSince: timeSchema.optional(),
});
/** @public */
export type AuditKey = z.infer<typeof auditKeySchema>;
