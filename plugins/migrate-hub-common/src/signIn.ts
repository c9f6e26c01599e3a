import { z } from 'zod';
import { emailSchema } from './users';

/** Ways to sign in that are open now. @public */
export const signInOptionsSchema = z.object({
  google: z.boolean(),
  local: z.boolean(),
  /** Whom to ask for access. */
  message: z.string().optional(),
});
/** @public */
export type SignInOptions = z.infer<typeof signInOptionsSchema>;

/** Why nobody was let in, as the person is told. The audit trail knows more. @public */
export const signInRefusalSchema = z.enum([
  'not_allowed',
  'not_provisioned',
  'disabled',
  'email_not_verified',
  'google_required',
  'local_off',
  'canceled',
  'start_again',
  'failed',
  'unavailable',
]);
/** @public */
export type SignInRefusal = z.infer<typeof signInRefusalSchema>;

const domainSchema = z
  .string()
  .max(253)
  .transform(value => value.trim().toLowerCase())
  .refine(value => /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(value), {
    message: 'must be a domain such as example.com',
  });

/** What admins set about sign-in at run time. @public */
export const authPolicySchema = z.strictObject({
  /** Sign-in with e-mail and password. */
  localSignIn: z.boolean(),
  /** Also for people who have signed in with Google before. */
  localForGoogleUsers: z.boolean(),
  /** Whoever may sign in gets an account at the first time. */
  autoProvision: z.boolean(),
  /** Role of such an account. */
  defaultRole: z.enum(['user', 'manager']),
  /** Google Workspace domains. With both lists empty, everybody whom Google knows may come. */
  allowedDomains: z.array(domainSchema).max(100),
  /** May come whatever their domain. */
  allowedEmails: z.array(emailSchema).max(1000),
  /** May never come. */
  deniedEmails: z.array(emailSchema).max(1000),
});
/** @public */
export type AuthPolicy = z.infer<typeof authPolicySchema>;

/** @public */
export const authSettingsSchema = authPolicySchema.extend({
  /** 0 until somebody sets it: what the config says. */
  revision: z.int(),
  /** The config forces sign-in with a password, whatever is set here. */
  localForced: z.boolean(),
});
/** @public */
export type AuthSettings = z.infer<typeof authSettingsSchema>;

/** @public */
export const authSettingsUpdateSchema = authPolicySchema.extend({
  expectedRevision: z.int(),
});
