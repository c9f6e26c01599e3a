import { z } from 'zod';
import {
  actorSchema,
  idSchema,
  pageQuerySchema,
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
  'password.set',
  'session.created',
  'session.revoked',
  'login.succeeded',
  'login.failed',
  'settings.changed',
  'secrets.rotated',
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
  payload: z.record(z.string(), z.unknown()),
  requestId: z.string().optional(),
});
/** @public */
export type AuditEvent = z.infer<typeof auditEventSchema>;

/** @public */
export const auditQuerySchema = pageQuerySchema.extend({
  actor: textSchema({ max: 254 }).optional(),
  action: auditActionSchema.optional(),
  entityType: auditEntityTypeSchema.optional(),
  entityId: textSchema({ max: 200 }).optional(),
  from: timeSchema.optional(),
  to: timeSchema.optional(),
});
