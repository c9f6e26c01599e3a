import { z } from 'zod';
import {
  actionsShape,
  actorSchema,
  idSchema,
  nameSchema,
  pageQuerySchema,
  roleSchema,
  flagSchema,
  textSchema,
  timeSchema,
} from './primitives';

/** E-mail addresses are kept and compared in lower case. @public */
export const emailSchema = z
  .email()
  .max(254)
  .transform(value => value.toLowerCase());

/** @public */
export const userSchema = z.object({
  id: idSchema,
  entityRef: z.string(),
  email: z.string().optional(),
  name: z.string(),
  /** What counts: the user's own role, or a stronger one of a Backstage group. */
  role: roleSchema,
  /** What the user has by a Backstage group. */
  groupRole: roleSchema.optional(),
  kind: z.enum(['person', 'service']),
  provider: z.string(),
  disabled: z.boolean(),
  /**
   * The row was changed from outside of the hub, or before roles were signed: it
   * counts as `user` until an admin gives the role again.
   */
  unproved: z.boolean().optional(),
  revision: z.int(),
  lastSignInAt: timeSchema.optional(),
  createdAt: timeSchema,
});
/** @public */
export type User = z.infer<typeof userSchema>;

/** How many audit events named what is erased now. @public */
export const erasureSchema = z.object({ events: z.int() });
/** @public */
export type Erasure = z.infer<typeof erasureSchema>;

/** @public */
export const meSchema = z.object({ user: userSchema, ...actionsShape });
/** @public */
export type Me = z.infer<typeof meSchema>;

/** @public */
export const userListQuerySchema = pageQuerySchema.extend({
  role: roleSchema.optional(),
  disabled: flagSchema.optional(),
  q: textSchema({ max: 200 }).optional(),
});

/** @public */
export const userPatchSchema = z.strictObject({
  role: roleSchema.optional(),
  disabled: z.boolean().optional(),
  expectedRevision: z.int(),
});

/** An account that waits for its first sign-in. @public */
export const userCreateSchema = z.strictObject({
  email: emailSchema,
  name: nameSchema.optional(),
  role: roleSchema,
});

/** Shown once; must be changed when it is used. @public */
export const oneTimePasswordSchema = z.object({
  password: z.string(),
  expiresAt: timeSchema,
});
/** @public */
export type OneTimePassword = z.infer<typeof oneTimePasswordSchema>;

/** Somebody's sign-in on one device. @public */
export const sessionSchema = z.object({
  id: idSchema,
  user: actorSchema,
  provider: z.string(),
  createdAt: timeSchema,
  lastSeenAt: timeSchema,
  expiresAt: timeSchema,
  address: z.string().optional(),
  agent: z.string().optional(),
  /** The session of this call. */
  current: z.boolean(),
});
/** @public */
export type Session = z.infer<typeof sessionSchema>;

/** Admins see everybody's sessions, others their own. @public */
export const sessionListQuerySchema = pageQuerySchema.extend({
  user: idSchema.optional(),
});

/** Whose sessions end; without `user` the caller's own. @public */
export const sessionsRevokeQuerySchema = z.strictObject({
  user: idSchema.optional(),
});

/** How many sessions ended. @public */
export const revokedSchema = z.object({ revoked: z.int() });
