import { ResponseError } from '@backstage/errors';
import { DiscoveryApi, IdentityApi } from '@backstage/frontend-plugin-api';
import { SignInOptions } from '@migrate-hub/backstage-plugin-migrate-hub-common';

/** Ids of the providers that the portal can sign in with. */
export type Provider = 'google' | 'local';

/** Where the providers are. */
export interface SignInServer {
  discovery: DiscoveryApi;
  /** `auth.environment` of the config. */
  environment: string;
}

/** What the providers answer. */
interface SignInAnswer {
  profile: { email?: string; displayName?: string };
  backstageIdentity: {
    token: string;
    expiresInSeconds: number;
    identity: {
      type: 'user';
      userEntityRef: string;
      ownershipEntityRefs: string[];
    };
  };
}

/** E-mail and password, and a new password to change it on the way in. */
export interface LocalCredentials {
  email: string;
  password: string;
  newPassword?: string;
}

/** A token is renewed this long before it ends. */
const RENEW_BEFORE_MS = 60_000;

/** Nobody is signed in here; any other failure is an error. */
const isNotSignedIn = (error: unknown): boolean =>
  error instanceof ResponseError && error.response.status === 401;

/** The password was right, and works no second time. */
export const mustChangePassword = (error: unknown): boolean =>
  error instanceof ResponseError &&
  'code' in error.body.error &&
  error.body.error.code === 'PASSWORD_CHANGE_REQUIRED';

/** The server's own words where it answered. */
export function reasonOf(error: unknown, unreachable: string): string {
  if (error instanceof ResponseError) return error.body.error.message;
  return unreachable;
}

/**
 * Who is signed in, as the portal asks for it. The session itself is a cookie
 * that no script can read; here are only the short-lived token and the name.
 */
export class PortalSession implements IdentityApi {
  readonly #server: SignInServer;
  readonly #provider: Provider;
  #answer: SignInAnswer;
  #renewAt: number;
  #renewal?: Promise<void>;

  private constructor(
    server: SignInServer,
    provider: Provider,
    answer: SignInAnswer,
  ) {
    this.#server = server;
    this.#provider = provider;
    this.#answer = answer;
    this.#renewAt = renewalOf(answer);
  }

  /** Goes on with the session of the cookie. @throws ResponseError 401 if there is none. */
  static async resume(
    server: SignInServer,
    provider: Provider,
  ): Promise<PortalSession> {
    const response = await post(server, provider, 'refresh');
    return new PortalSession(server, provider, await response.json());
  }

  /** @throws ResponseError with the reason of the server. */
  static async signIn(
    server: SignInServer,
    credentials: LocalCredentials,
  ): Promise<PortalSession> {
    const response = await post(server, 'local', 'refresh', credentials);
    return new PortalSession(server, 'local', await response.json());
  }

  async getProfileInfo() {
    return this.#answer.profile;
  }

  async getBackstageIdentity() {
    return this.#answer.backstageIdentity.identity;
  }

  async getCredentials() {
    if (Date.now() >= this.#renewAt) {
      // Pages ask for the token many times at once: one renewal serves them all.
      this.#renewal ??= this.#renew().finally(() => {
        this.#renewal = undefined;
      });
      await this.#renewal;
    }
    return { token: this.#answer.backstageIdentity.token };
  }

  async signOut() {
    const response = await post(this.#server, this.#provider, 'logout');
    // The portal goes to another page next, which would cut the answer off.
    await response.text();
  }

  async #renew(): Promise<void> {
    const response = await post(this.#server, this.#provider, 'refresh');
    const answer: SignInAnswer = await response.json();
    const before = this.#answer.backstageIdentity.identity.userEntityRef;
    if (answer.backstageIdentity.identity.userEntityRef !== before) {
      throw new Error(
        'Somebody else signed in to this portal in another tab. Reload the page.',
      );
    }
    this.#answer = answer;
    this.#renewAt = renewalOf(answer);
  }
}

/** Goes on with the session of before, if one of the open ways has one. */
export async function resumeSession(
  server: SignInServer,
): Promise<{ options: SignInOptions; session?: PortalSession }> {
  const options = await signInOptions(server);
  for (const provider of ['google', 'local'] as const) {
    if (!options[provider]) continue;
    try {
      const session = await PortalSession.resume(server, provider);
      return { options, session };
    } catch (error) {
      if (!isNotSignedIn(error)) throw error;
    }
  }
  return { options };
}

function renewalOf({ backstageIdentity }: SignInAnswer): number {
  const lifetime = backstageIdentity.expiresInSeconds * 1000;
  // Also with a lifetime of less than the margin not before every call.
  return Date.now() + Math.max(lifetime - RENEW_BEFORE_MS, lifetime / 2);
}

/** Where the browser goes to sign in with Google, and comes back from to the portal. */
export async function googleStartUrl(
  { discovery, environment }: SignInServer,
  redirectUrl: string,
): Promise<string> {
  const url = new URL(`${await discovery.getBaseUrl('auth')}/google/start`);
  url.searchParams.set('env', environment);
  url.searchParams.set('flow', 'redirect');
  url.searchParams.set('redirectUrl', redirectUrl);
  return url.href;
}

/** Which ways in are open. @throws ResponseError */
async function signInOptions({
  discovery,
}: SignInServer): Promise<SignInOptions> {
  const baseUrl = await discovery.getBaseUrl('migrate-hub');
  const response = await fetch(`${baseUrl}/v1/sign-in-options`);
  if (!response.ok) throw await ResponseError.fromResponse(response);
  return response.json();
}

async function post(
  { discovery, environment }: SignInServer,
  provider: Provider,
  path: 'refresh' | 'logout',
  body?: object,
): Promise<Response> {
  const baseUrl = await discovery.getBaseUrl('auth');
  const env = encodeURIComponent(environment);
  const response = await fetch(`${baseUrl}/${provider}/${path}?env=${env}`, {
    method: 'POST',
    credentials: 'include',
    headers: {
      'X-Requested-With': 'XMLHttpRequest',
      ...(body && { 'Content-Type': 'application/json' }),
    },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) throw await ResponseError.fromResponse(response);
  return response;
}
