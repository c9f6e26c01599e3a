import { z } from 'zod';
import {
  actionsShape,
  idSchema,
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
  role: roleSchema,
  kind: z.enum(['person', 'service']),
  provider: z.string(),
  disabled: z.boolean(),
  revision: z.int(),
  lastSignInAt: timeSchema.optional(),
  createdAt: timeSchema,
});
/** @public */
export type User = z.infer<typeof userSchema>;

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
