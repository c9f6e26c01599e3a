import { Config, ConfigReader } from '@backstage/config';
import { NotAllowedError, isError } from '@backstage/errors';
import {
  AuthProviderFactory,
  AuthProviderRouteHandlers,
  OAuthEnvironmentHandler,
  createOAuthRouteHandlers,
} from '@backstage/plugin-auth-node';
import { JsonObject } from '@backstage/types';
import { Request, Response } from 'express';
import { clientOf } from './clientOf';
import { assertOwnPage } from './csrf';
import { FlowCookie } from './FlowCookie';
import { Flows, createGoogleAuthenticator } from './googleAuthenticator';
import { HubSessions } from './HubSessions';
import { FlowSecrets } from './OpenIdProvider';
import { Refusal } from './Refusal';
import { SignInError } from './SignInError';

type FactoryOptions = Parameters<AuthProviderFactory>[0];

/**
 * Google as a Backstage auth provider: Backstage's OAuth handlers, with the
 * checks around them that they leave out.
 */
export function createGoogleProvider(
  options: FactoryOptions & {
    sessions: HubSessions;
    /** The absolute limit of a session. */
    sessionHours: number;
  },
): AuthProviderRouteHandlers {
  return OAuthEnvironmentHandler.mapConfig(options.config, config =>
    createEnvironment({ ...options, config }),
  );
}

function createEnvironment(
  options: FactoryOptions & { sessions: HubSessions; sessionHours: number },
): AuthProviderRouteHandlers {
  const { sessions, resolverContext, isOriginAllowed, appUrl } = options;
  const config = withSessionDuration(options.config, options.sessionHours);
  const callbackUrl =
    config.getOptionalString('callbackUrl') ??
    `${options.baseUrl}/${options.providerId}/handler/frame`;
  const cookie = FlowCookie.create({ callbackUrl });
  const flows: Flows = new WeakMap();
  const inner = createOAuthRouteHandlers({
    ...options,
    config,
    authenticator: createGoogleAuthenticator({ sessions, flows }),
    signInResolver: async ({ result: { fullProfile: grant } }) =>
      resolverContext.issueToken({
        claims: {
          sub: grant.user.entityRef,
          ent: [grant.user.entityRef],
          sid: grant.sid,
        },
      }),
  });

  const backToApp = (res: Response, refusal: Refusal): void => {
    const url = new URL(appUrl);
    url.searchParams.set('error', refusal.told);
    res.redirect(url.href);
  };

  /** The flow that the callback belongs to; undefined if it was refused and answered. */
  async function accept(
    req: Request,
    res: Response,
  ): Promise<FlowSecrets | undefined> {
    try {
      if (req.method !== 'GET') throw new Refusal('failed', 'not_a_redirect');
      return cookie.redeem(req, res);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await sessions.noteFailure({ ...clientOf(req), reason: error.reason });
      // Nothing of such a callback is believed, where to go next least of all.
      backToApp(res, error);
      return undefined;
    }
  }

  return {
    async start(req, res) {
      const target = req.query.redirectUrl?.toString();
      if (target !== undefined && !isOwnTarget(target, isOriginAllowed)) {
        throw new NotAllowedError(
          'redirectUrl must be an address of this portal (app.baseUrl).',
        );
      }
      await inner.start(req, res);
    },

    async frameHandler(req, res) {
      res.setHeader('Cache-Control', 'no-store');
      const flow = await accept(req, res);
      if (!flow) return;
      flows.set(req, flow);
      await inner.frameHandler(req, res);
    },

    async refresh(req, res) {
      res.setHeader('Cache-Control', 'no-store');
      assertOwnPage(req, isOriginAllowed);
      try {
        await inner.refresh?.(req, res);
      } catch (error) {
        throw reasonOf(error, res);
      }
    },

    async logout(req, res) {
      assertOwnPage(req, isOriginAllowed);
      await inner.logout?.(req, res);
    },
  };
}

/** The cookie lives as long as the session may, unless the config says otherwise. */
function withSessionDuration(config: Config, hours: number): Config {
  return new ConfigReader({
    sessionDuration: { hours },
    ...config.get<JsonObject>(),
  });
}

function isOwnTarget(
  target: string,
  isOriginAllowed: (origin: string) => boolean,
): boolean {
  try {
    const { protocol, origin } = new URL(target);
    return /^https?:$/.test(protocol) && isOriginAllowed(origin);
  } catch {
    return false;
  }
}

/** Backstage says 401 for every failure; the hub's own reason says more. */
function reasonOf(error: unknown, res: Response): unknown {
  const cause = isError(error) ? error.cause : undefined;
  if (cause instanceof SignInError) {
    if (cause.retryAfter) res.setHeader('Retry-After', cause.retryAfter);
    return cause;
  }
  return isError(cause) && cause.message === 'Missing session cookie'
    ? new SignInError('NOT_SIGNED_IN', 'Sign in first.')
    : error;
}
