import {
  createOAuthAuthenticator,
  decodeOAuthState,
} from '@backstage/plugin-auth-node';
import { SessionGrant } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Request } from 'express';
import { clientOf } from './clientOf';
import { FlowCookie } from './FlowCookie';
import { HubSessions } from './HubSessions';
import { FlowSecrets, OpenIdProvider } from './OpenIdProvider';
import { Refusal } from './Refusal';
import { SignInError } from './SignInError';

interface Context {
  provider: OpenIdProvider;
  cookie: FlowCookie;
}

/**
 * The sign-ins under way, by the request of their callback: the wrapper has
 * checked them before the authenticator is called.
 */
export type Flows = WeakMap<Request, FlowSecrets>;

/**
 * Backstage's handler puts the message into the address of the page that it
 * goes back to: there a word of ours must do, so that nobody can make the page
 * say something else by a link.
 */
function forFlow(error: unknown, { state }: FlowSecrets): unknown {
  if (decodeOAuthState(state).flow !== 'redirect') return error;
  const told =
    error instanceof Refusal || error instanceof SignInError
      ? error.told
      : undefined;
  return new Error(told ?? 'failed', { cause: error });
}

/** What Backstage's handlers take for OAuth tokens. Google's never get that far. */
const sessionOf = ({ sessionId }: SessionGrant) => ({
  accessToken: '',
  tokenType: 'none',
  scope: '',
  // It becomes the cookie.
  refreshToken: sessionId,
});

/**
 * Google behind Backstage's OAuth handlers, with sessions of the hub: what they
 * keep in the cookie as refresh token is our opaque session id.
 */
export function createGoogleAuthenticator(options: {
  sessions: HubSessions;
  flows: Flows;
}) {
  const { sessions, flows } = options;
  return createOAuthAuthenticator<Context, SessionGrant>({
    defaultProfileTransform: async ({ fullProfile: { user } }) => ({
      profile: { email: user.email, displayName: user.name },
    }),

    initialize({ config, callbackUrl }) {
      return {
        provider: OpenIdProvider.fromConfig({ config, callbackUrl }),
        cookie: FlowCookie.create({ callbackUrl }),
      };
    },

    async start({ req, state }, { provider, cookie }) {
      const { res } = req;
      if (!res) throw new Error('a request without a response');
      return { url: await provider.startUrl(cookie.begin(res, state)) };
    },

    async authenticate({ req }, { provider }) {
      const flow = flows.get(req);
      if (!flow) throw new Error('the flow of this callback was not checked');
      const client = clientOf(req);
      const search = new URL(req.url, provider.callbackUrl).search;
      try {
        const identity = await provider.identify(search, flow);
        const grant = await sessions.signInGoogle({ ...identity, ...client });
        return { fullProfile: grant, session: sessionOf(grant) };
      } catch (error) {
        if (error instanceof Refusal) {
          await sessions.noteFailure({ ...client, reason: error.reason });
        }
        throw forFlow(error, flow);
      }
    },

    async refresh({ req, refreshToken: sessionId }, { provider }) {
      const client = clientOf(req);
      const grant = await sessions.refresh({ sessionId, ...client });
      if (grant.upstream) {
        const answer = await provider.ask(grant.upstream.refreshToken);
        await sessions.report({ sid: grant.sid, ...answer, ...client });
      }
      return { fullProfile: grant, session: sessionOf(grant) };
    },

    async logout({ req, refreshToken: sessionId }, { provider }) {
      if (!sessionId) return;
      const { upstream } = await sessions.revoke({
        sessionId,
        ...clientOf(req),
      });
      // Our session is over in any case; Google's consent lapses by itself.
      if (upstream) {
        await provider
          .revoke(upstream.refreshToken)
          .catch(() => sessions.noteRevocationFailure());
      }
    },
  });
}
