import { ResponseError } from '@backstage/errors';
import { DiscoveryApi, IdentityApi } from '@backstage/frontend-plugin-api';

/** What the provider `local` answers. */
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
export const isNotSignedIn = (error: unknown): boolean =>
  error instanceof ResponseError && error.response.status === 401;

/**
 * Who is signed in, as the portal asks for it. The session itself is a cookie
 * that no script can read; here are only the short-lived token and the name.
 */
export class LocalSession implements IdentityApi {
  readonly #discovery: DiscoveryApi;
  #answer: SignInAnswer;
  #renewAt: number;
  #renewal?: Promise<void>;

  private constructor(discovery: DiscoveryApi, answer: SignInAnswer) {
    this.#discovery = discovery;
    this.#answer = answer;
    this.#renewAt = renewalOf(answer);
  }

  /** Goes on with the session of the cookie. @throws ResponseError 401 if there is none. */
  static async resume(discovery: DiscoveryApi): Promise<LocalSession> {
    const response = await post(discovery, 'refresh');
    return new LocalSession(discovery, await response.json());
  }

  /** @throws ResponseError with the reason of the server. */
  static async signIn(
    discovery: DiscoveryApi,
    credentials: LocalCredentials,
  ): Promise<LocalSession> {
    const response = await post(discovery, 'refresh', credentials);
    return new LocalSession(discovery, await response.json());
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
    const response = await post(this.#discovery, 'logout');
    // The portal goes to another page next, which would cut the answer off.
    await response.text();
  }

  async #renew(): Promise<void> {
    const response = await post(this.#discovery, 'refresh');
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

function renewalOf({ backstageIdentity }: SignInAnswer): number {
  const lifetime = backstageIdentity.expiresInSeconds * 1000;
  // Also with a lifetime of less than the margin not before every call.
  return Date.now() + Math.max(lifetime - RENEW_BEFORE_MS, lifetime / 2);
}

async function post(
  discovery: DiscoveryApi,
  path: 'refresh' | 'logout',
  body?: object,
): Promise<Response> {
  const baseUrl = await discovery.getBaseUrl('auth');
  const response = await fetch(`${baseUrl}/local/${path}`, {
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
