import { z } from 'zod';
import { connectionCheckSchema, engineSchema, tlsSchema } from './analysis';
import {
  actionsShape,
  actorSchema,
  environmentNameSchema,
  flagSchema,
  idSchema,
  identifierSchema,
  keySchema,
  nameSchema,
  pageQuerySchema,
  pageSchema,
  textSchema,
  timeSchema,
} from './primitives';

const description = textSchema({ max: 10_000 });

/** @public */
export const projectSchema = z.object({
  id: idSchema,
  key: z.string(),
  name: z.string(),
  description: z.string().optional(),
  entityRef: z.string().optional(),
  archived: z.boolean(),
  revision: z.int(),
  createdBy: actorSchema,
  createdAt: timeSchema,
  updatedAt: timeSchema,
  ...actionsShape,
});
/** @public */
export type Project = z.infer<typeof projectSchema>;

/** @public */
export const projectListQuerySchema = pageQuerySchema.extend({
  archived: flagSchema.optional(),
  q: textSchema({ max: 200 }).optional(),
});

/** @public */
export const projectCreateSchema = z.strictObject({
  key: keySchema,
  name: nameSchema,
  description: description.optional(),
  entityRef: z
    .string()
    .max(300)
    .regex(/^[a-z][a-z0-9]*:[a-z0-9._-]+\/[a-z0-9._-]+$/i, {
      message: 'must be a full entity reference such as component:default/auth',
    })
    .optional(),
});

/** @public */
export const projectPatchSchema = z.strictObject({
  expectedRevision: z.int(),
  name: nameSchema.optional(),
  description: description.nullable().optional(),
  entityRef: projectCreateSchema.shape.entityRef.nullable(),
  archived: z.boolean().optional(),
});

/** @public */
export const dbSetSchema = z.object({
  id: idSchema,
  project: z.string(),
  environment: z.string(),
  name: z.string(),
  description: z.string().optional(),
  disabled: z.boolean(),
  revision: z.int(),
  targetCounts: z.object({
    total: z.int(),
    enabled: z.int(),
    failing: z.int(),
  }),
  engines: z.array(engineSchema),
  createdBy: actorSchema,
  createdAt: timeSchema,
  updatedAt: timeSchema,
  ...actionsShape,
});
/** @public */
export type DbSet = z.infer<typeof dbSetSchema>;

/** @public */
export const dbSetListQuerySchema = pageQuerySchema.extend({
  project: keySchema.optional(),
  environment: environmentNameSchema.optional(),
  disabled: flagSchema.optional(),
});

/** @public */
export const dbSetCreateSchema = z.strictObject({
  project: keySchema,
  environment: environmentNameSchema,
  name: nameSchema,
  description: description.optional(),
});

/** @public */
export const dbSetPatchSchema = z.strictObject({
  expectedRevision: z.int(),
  name: nameSchema.optional(),
  description: description.nullable().optional(),
  disabled: z.boolean().optional(),
});

const hostSchema = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[A-Za-z0-9]([A-Za-z0-9._:-]*[A-Za-z0-9])?$|^[0-9A-Fa-f:.]+$/, {
    message: 'must be a DNS name or an IP address',
  });

/** Where a password is kept outside the hub: the store, and its name there. @public */
export const passwordSourceSchema = z.strictObject({
  from: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, {
    message: 'must be the name of a secret store, such as env or file',
  }),
  name: textSchema({ min: 1, max: 500 }),
});
/** @public */
export type PasswordSource = z.infer<typeof passwordSourceSchema>;

const pemSchema = textSchema({ min: 1, max: 100_000 });

/** What the hub proves with, in TLS with a target, who it is. Goes in and never comes out. @public */
export const clientCertificateSchema = z.strictObject({
  /** PEM of the certificate, and of those in between up to the authority. */
  certificate: pemSchema,
  /** PEM of its private key, not encrypted. */
  key: pemSchema,
});
/** @public */
export type ClientCertificateInput = z.infer<typeof clientCertificateSchema>;

/** What may be known of the certificate of a target. @public */
export const clientCertificateFactsSchema = z.object({
  /** Where it is kept, if that is outside the hub: then the rest is not known. */
  from: passwordSourceSchema.optional(),
  subject: z.string().optional(),
  /** sha256 of the certificate, in hex. */
  fingerprint: z.string().optional(),
  notAfter: timeSchema.optional(),
});
/** @public */
export type ClientCertificateFacts = z.infer<
  typeof clientCertificateFactsSchema
>;

/** The address and login of a target as typed. @public */
export const connectionShape = {
  engine: engineSchema,
  host: hostSchema,
  port: z.int().min(1).max(65535),
  database: textSchema({ max: 63, min: 1 }),
  username: textSchema({ max: 80, min: 1 }),
  /** Either this or `passwordFrom`. */
  password: textSchema({ max: 1000 }).optional(),
  /** Instead of the password; for admins. */
  passwordFrom: passwordSourceSchema.optional(),
  /** For servers that ask for one; the password may then be left out. */
  clientCertificate: clientCertificateSchema.optional(),
  /** Instead of it, where certificate and key are kept, one PEM after the other; for admins. */
  clientCertificateFrom: passwordSourceSchema.optional(),
  tls: tlsSchema.optional(),
  historyTable: identifierSchema.optional(),
  historySchema: identifierSchema.optional(),
};

/** @public */
export const connectionTestSchema = z.object({
  ok: z.boolean(),
  serverVersion: z.string().optional(),
  latencyMs: z.number(),
  checks: z.array(connectionCheckSchema),
});
/** @public */
export type ConnectionTest = z.infer<typeof connectionTestSchema>;

/**
 * How the hub's records and the history table of a target compared last.
 *
 * @public
 */
export const reconciliationSchema = z.object({
  at: timeSchema,
  /** The hub applied it; the row is gone, or has another checksum. */
  lost: z.int(),
  /** The row is there, but no run of this hub put it there, or one took it out since. */
  foreign: z.int(),
  /** What the ledger of the target holds against the audit trail: it was cut, or rewritten. */
  trail: z.string().optional(),
  /** Why it could not be compared; the counts are those of the last time it could. */
  error: z.string().optional(),
});
/** @public */
export type Reconciliation = z.infer<typeof reconciliationSchema>;

/** One row on which hub and target disagree. @public */
export const reconciliationFindingSchema = z.object({
  id: idSchema,
  migrationKey: z.string(),
  kind: z.enum(['lost', 'foreign']),
  /** `missing`, `other_checksum` (lost); `not_ours`, `rolled_back` (foreign). */
  reason: z.enum(['missing', 'other_checksum', 'not_ours', 'rolled_back']),
  /** Of the hub, if it knows the key. */
  migrationId: idSchema.optional(),
  /** By the hub's records. */
  expectedChecksumUp: z.string().optional(),
  /** In the target. */
  foundChecksumUp: z.string().optional(),
  /** What the row names as its run: of this hub, or whatever another tool wrote. */
  toolRunId: z.string().optional(),
  appliedBy: z.string().optional(),
  firstSeenAt: timeSchema,
});
/** @public */
export type ReconciliationFinding = z.infer<typeof reconciliationFindingSchema>;

/** @public */
export const reconciliationReportSchema = pageSchema(
  reconciliationFindingSchema,
).extend({ reconciliation: reconciliationSchema.optional() });

/** @public */
export const dbTargetSchema = z.object({
  id: idSchema,
  dbSet: z.object({
    id: idSchema,
    name: z.string(),
    project: z.string(),
    environment: z.string(),
  }),
  name: z.string(),
  engine: engineSchema,
  host: z.string(),
  port: z.int(),
  database: z.string(),
  username: z.string(),
  /** Always `true` or `false`: the password itself never leaves the hub. */
  hasPassword: z.boolean(),
  /** Where it is kept, if that is outside the hub. */
  passwordFrom: passwordSourceSchema.optional(),
  /** Absent without one. */
  clientCertificate: clientCertificateFactsSchema.optional(),
  tls: tlsSchema,
  historyTable: z.string(),
  historySchema: z.string().optional(),
  serverIdentity: z.string().optional(),
  disabled: z.boolean(),
  revision: z.int(),
  lastTest: z
    .object({
      ok: z.boolean(),
      at: timeSchema,
      checks: z.array(connectionCheckSchema),
    })
    .optional(),
  lastRun: z
    .object({
      id: idSchema,
      migration: z.string(),
      status: z.string(),
      at: timeSchema,
    })
    .optional(),
  /** Absent until the two were compared for the first time. */
  reconciliation: reconciliationSchema.optional(),
  createdBy: actorSchema,
  createdAt: timeSchema,
  updatedAt: timeSchema,
  ...actionsShape,
});
/** @public */
export type DbTarget = z.infer<typeof dbTargetSchema>;

/** @public */
export const dbTargetListQuerySchema = pageQuerySchema.extend({
  dbSetId: idSchema.optional(),
  project: keySchema.optional(),
  environment: environmentNameSchema.optional(),
  disabled: flagSchema.optional(),
  q: textSchema({ max: 200 }).optional(),
});

/** @public */
export const dbTargetCreateSchema = z.strictObject({
  dbSetId: idSchema,
  name: nameSchema,
  ...connectionShape,
  /** An admin's word that a server with the same identity is another one (a restored copy). */
  confirmDistinctServer: z.boolean().optional(),
});

/** @public */
export const dbTargetPatchSchema = z.strictObject({
  expectedRevision: z.int(),
  name: nameSchema.optional(),
  host: hostSchema.optional(),
  port: connectionShape.port.optional(),
  database: connectionShape.database.optional(),
  username: connectionShape.username.optional(),
  password: connectionShape.password,
  passwordFrom: connectionShape.passwordFrom,
  /** `null` takes the stored one, or where it is, away. */
  clientCertificate: clientCertificateSchema.nullable().optional(),
  clientCertificateFrom: connectionShape.clientCertificateFrom,
  tls: tlsSchema.optional(),
  historyTable: identifierSchema.optional(),
  historySchema: identifierSchema.optional(),
  disabled: z.boolean().optional(),
  confirmDistinctServer: z.boolean().optional(),
});

/** A connection that is not saved yet. @public */
export const connectionTestRequestSchema = z.strictObject(connectionShape);
