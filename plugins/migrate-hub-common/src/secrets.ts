import { z } from 'zod';
import { timeSchema } from './primitives';

/** A key that encrypts secrets, by its id: the key itself is in the config only. @public */
export const secretKeySchema = z.object({
  id: z.string(),
  /** Encrypts what is stored from now on. There is one. */
  current: z.boolean(),
  /** False: something was encrypted with it, and it is not configured any more, so that cannot be read. */
  configured: z.boolean(),
  /** When a hub first had it. */
  since: timeSchema.optional(),
  /** How much still depends on it: at 0 it can be taken out of the config. */
  ciphertexts: z.object({
    targets: z.int(),
    clientCertificates: z.int(),
    sessions: z.int(),
    webhooks: z.int(),
  }),
});
/** @public */
export type SecretKey = z.infer<typeof secretKeySchema>;

/** The answer of `GET /settings/secrets`. @public */
export const secretSettingsSchema = z.object({
  keys: z.array(secretKeySchema),
});
/** @public */
export type SecretSettings = z.infer<typeof secretSettingsSchema>;
