import { InputError, NotFoundError } from '@backstage/errors';
import {
  AuthProviderFactory,
  AuthProviderRouteHandlers,
  ClientAuthResponse,
  prepareBackstageIdentityResponse,
} from '@backstage/plugin-auth-node';
import {
  SessionGrant,
  localSignInRequestSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Request, Response } from 'express';
import { clientOf } from './clientOf';
import { assertOwnPage } from './csrf';
import { HubSessions } from './HubSessions';
import { SessionCookie } from './SessionCookie';
import { SignInError } from './SignInError';

type FactoryOptions = Parameters<AuthProviderFactory>[0];

const signInSchema = localSignInRequestSchema.pick({
  email: true,
  password: true,
  newPassword: true,
});

const noRedirect = () =>
  new NotFoundError(
    'Sign-in with a password has no redirect: POST e-mail and password to refresh.',
  );

const hasFields = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && Object.keys(body).length > 0;

function readSignIn(body: unknown) {
  const result = signInSchema.safeParse(body);
  if (result.success) return result.data;
  // The fields only: what stands in them may be a password.
  const fields = result.error.issues.flatMap(issue =>
    issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.join('.')],
  );
  throw new InputError(
    `Send { email, password } and, to change it, newPassword. Not right: ${fields.join(
      ', ',
    )}.`,
  );
}

/**
 * Sign-in with e-mail and password as a Backstage auth provider.
 *
 * @remarks
 * `POST refresh` with a body signs in; `POST` or `GET refresh` without one goes
 * on with the session of the cookie; `POST logout` ends it. There is no redirect,
 * so `start` and the frame do not exist.
 */
export function createLocalProvider(
  options: Pick<
    FactoryOptions,
    'providerId' | 'baseUrl' | 'isOriginAllowed' | 'resolverContext'
  > & { sessions: HubSessions },
): AuthProviderRouteHandlers {
  const { sessions, isOriginAllowed, resolverContext } = options;
  const cookie = SessionCookie.create(options);

  async function answer(
    res: Response,
    grant: SessionGrant,
  ): Promise<ClientAuthResponse<{}>> {
    const { entityRef, email, name } = grant.user;
    const result = await resolverContext.issueToken({
      claims: { sub: entityRef, ent: [entityRef], sid: grant.sid },
    });
    if (grant.sessionId) {
      cookie.write(res, grant.sessionId, new Date(grant.expiresAt));
    }
    return {
      profile: { email, displayName: name },
      providerInfo: {},
      backstageIdentity: prepareBackstageIdentityResponse(result),
    };
  }

  async function enter(req: Request): Promise<SessionGrant> {
    if (req.method === 'POST' && hasFields(req.body)) {
      return sessions.signIn({ ...readSignIn(req.body), ...clientOf(req) });
    }
    const sessionId = cookie.read(req);
    if (!sessionId) throw new SignInError('NOT_SIGNED_IN', 'Sign in first.');
    return sessions.refresh({ sessionId, ...clientOf(req) });
  }

  return {
    async refresh(req, res) {
      res.setHeader('Cache-Control', 'no-store');
      assertOwnPage(req, isOriginAllowed);
      try {
        res.json(await answer(res, await enter(req)));
      } catch (error) {
        if (error instanceof SignInError && error.retryAfter) {
          res.setHeader('Retry-After', error.retryAfter);
        }
        throw error;
      }
    },

    async logout(req, res) {
      assertOwnPage(req, isOriginAllowed);
      const sessionId = cookie.read(req);
      // While the hub is away the cookie stays: signing out can be tried again.
      if (sessionId) await sessions.revoke({ sessionId, ...clientOf(req) });
      cookie.clear(res);
      res.status(200).json({});
    },

    async start() {
      throw noRedirect();
    },
    async frameHandler() {
      throw noRedirect();
    },
  };
}
