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

/** `POST /internal/sessions/google`: what a verified ID token says. @internal */
export const googleSignInRequestSchema = z.strictObject({
  issuer: z.string().min(1).max(500),
  sub: z.string().min(1).max(255),
  /** Verified by the issuer. */
  email: z.string().min(1).max(254),
  name: z.string().max(1000).optional(),
  /** The claim `hd`. */
  hostedDomain: z.string().max(253).optional(),
  refreshToken: z.string().max(4096).optional(),
  ...client,
});

/** `POST /internal/sign-in-failures`: refused before the hub was asked. @internal */
export const signInFailureSchema = z.strictObject({
  provider: z.string().max(100),
  reason: z.string().regex(/^[a-z_]{1,64}$/),
  ...client,
});

/** `POST /internal/sessions/refresh`: the opaque session id from the cookie. @internal */
export const sessionRefreshRequestSchema = z.strictObject({
  sessionId: z.string().min(1).max(200),
  ...client,
});

/** `POST /internal/sessions/revoke` @internal */
export const sessionRevokeRequestSchema = sessionRefreshRequestSchema;

/** The token of the identity provider that belongs to a session. @internal */
const upstreamSchema = z.object({ refreshToken: z.string() });

/** What `POST /internal/sessions/revoke` answers. @internal */
export const sessionRevokedSchema = z.object({
  upstream: upstreamSchema.optional(),
});

/** `POST /internal/sessions/upstream`: what the identity provider said. @internal */
export const upstreamReportSchema = z.strictObject({
  sid: idSchema,
  outcome: z.enum(['valid', 'ended', 'unavailable']),
  /** A new one, where it gave one. */
  refreshToken: z.string().max(4096).optional(),
  ...client,
});

/** A session that may sign in. `sessionId` is secret: it goes into the cookie only. @internal */
export const sessionGrantSchema = z.object({
  /** Absent where the browser's cookie stays as it is. */
  sessionId: z.string().optional(),
  /** Ask the identity provider whether this still holds, and report. */
  upstream: upstreamSchema.optional(),
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
