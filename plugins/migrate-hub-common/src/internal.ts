import { z } from 'zod';
import { idSchema, timeSchema } from './primitives';

/*
 * Between the auth module and the hub, under `/internal`, for the principal
 * `plugin:auth` only. Not part of the public contract and not in openapi.json.
 */

const client = {
  address: z.string().max(100).optional(),
  agent: z.string().max(1000).optional(),
  requestId: z.string().max(64).optional(),
};

/** `POST /internal/sessions/local`: check a password, open a session. @internal */
export const localSignInRequestSchema = z.strictObject({
  email: z.string().min(1).max(254),
  password: z.string().min(1).max(1000),
  newPassword: z.string().min(1).max(1000).optional(),
  ...client,
});

/** `POST /internal/sessions/refresh`: the opaque session id from the cookie. @internal */
export const sessionRefreshRequestSchema = z.strictObject({
  sessionId: z.string().min(1).max(200),
  ...client,
});

/** `POST /internal/sessions/revoke` @internal */
export const sessionRevokeRequestSchema = sessionRefreshRequestSchema;

/** A session that may sign in. `sessionId` is secret: it goes into the cookie only. @internal */
export const sessionGrantSchema = z.object({
  sessionId: z.string(),
  /** Row id, not secret: the `sid` claim of the Backstage token. */
  sid: idSchema,
  expiresAt: timeSchema,
  user: z.object({
    id: idSchema,
    entityRef: z.string(),
    email: z.string().optional(),
    name: z.string(),
  }),
});
/** @internal */
export type SessionGrant = z.infer<typeof sessionGrantSchema>;
