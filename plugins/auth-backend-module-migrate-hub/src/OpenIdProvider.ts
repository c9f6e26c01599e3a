import { Config } from '@backstage/config';
import { createHash } from 'crypto';
import * as client from 'openid-client';
import { Refusal } from './Refusal';
import { refusalOf } from './refusalOf';

/** Google's, and what the config puts in their place. */
interface Endpoints {
  issuer: string;
  authorizationUrl: string;
  tokenUrl: string;
  jwksUrl: string;
  revocationUrl: string;
}

const GOOGLE: Endpoints = {
  issuer: 'https://accounts.google.com',
  authorizationUrl: 'https://accounts.google.com/o/oauth2/v2/auth',
  tokenUrl: 'https://oauth2.googleapis.com/token',
  jwksUrl: 'https://www.googleapis.com/oauth2/v3/certs',
  revocationUrl: 'https://oauth2.googleapis.com/revoke',
};

/** The only algorithm that Google signs with; a token cannot choose another. */
const ALGORITHM = 'RS256';

const TIMEOUT_SECONDS = 10;

/** What one sign-in must bring back: it started in this browser. */
export interface FlowSecrets {
  /** PKCE; whoever has only the code cannot use it. */
  verifier: string;
  state: string;
}

/** Who signed in, as a verified ID token says. */
export interface VerifiedIdentity {
  issuer: string;
  sub: string;
  email: string;
  name?: string;
  hostedDomain?: string;
  refreshToken?: string;
}

/** What became of a refresh token. */
export type UpstreamAnswer =
  | { outcome: 'valid'; refreshToken?: string }
  | { outcome: 'ended' | 'unavailable' };

/** The nonce of the ID token, from the secret of the browser's flow cookie. */
const nonceOf = ({ verifier }: FlowSecrets): string =>
  createHash('sha256').update(`nonce\n${verifier}`).digest('base64url');

/**
 * Google, or a compatible OpenID provider, over a certified client library.
 *
 * @remarks
 * Its keys are fetched for each sign-in: sign-ins are few, and a key that was
 * withdrawn must not be trusted any longer.
 */
export class OpenIdProvider {
  readonly #endpoints: Endpoints;
  readonly #clientId: string;
  readonly #clientSecret: string;
  readonly #prompt: string;
  readonly callbackUrl: string;

  private constructor(options: {
    endpoints: Endpoints;
    clientId: string;
    clientSecret: string;
    prompt: string;
    callbackUrl: string;
  }) {
    this.#endpoints = options.endpoints;
    this.#clientId = options.clientId;
    this.#clientSecret = options.clientSecret;
    this.#prompt = options.prompt;
    this.callbackUrl = options.callbackUrl;
  }

  /** @throws Error that names the setting, at start-up. */
  static fromConfig(options: {
    config: Config;
    callbackUrl: string;
  }): OpenIdProvider {
    const { config, callbackUrl } = options;
    const endpoint = (key: keyof Endpoints) => {
      const url = config.getOptionalString(key) ?? GOOGLE[key];
      const { protocol, hostname } = new URL(url);
      const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
      if (protocol === 'https:' || (protocol === 'http:' && loopback)) {
        return url;
      }
      throw new Error(`${key} must be an https address`);
    };
    return new OpenIdProvider({
      endpoints: {
        issuer: endpoint('issuer'),
        authorizationUrl: endpoint('authorizationUrl'),
        tokenUrl: endpoint('tokenUrl'),
        jwksUrl: endpoint('jwksUrl'),
        revocationUrl: endpoint('revocationUrl'),
      },
      clientId: config.getString('clientId'),
      clientSecret: config.getString('clientSecret'),
      // Google gives a refresh token only with consent.
      prompt: config.getOptionalString('prompt') ?? 'consent',
      callbackUrl,
    });
  }

  /** Where the browser goes to sign in. */
  async startUrl(flow: FlowSecrets): Promise<string> {
    const url = client.buildAuthorizationUrl(this.#configuration(), {
      redirect_uri: this.callbackUrl,
      scope: 'openid email profile',
      state: flow.state,
      nonce: nonceOf(flow),
      code_challenge: await client.calculatePKCECodeChallenge(flow.verifier),
      code_challenge_method: 'S256',
      access_type: 'offline',
      prompt: this.#prompt,
    });
    return url.href;
  }

  /**
   * Redeems the code of a callback. The ID token is good only with Google's
   * signature under the one algorithm, for this client and this browser, in
   * time, and with a verified address.
   *
   * @param search - the query of the callback
   * @throws Refusal
   */
  async identify(search: string, flow: FlowSecrets): Promise<VerifiedIdentity> {
    const callback = new URL(this.callbackUrl);
    callback.search = search;
    const tokens = await client
      .authorizationCodeGrant(this.#configuration(), callback, {
        pkceCodeVerifier: flow.verifier,
        expectedState: flow.state,
        expectedNonce: nonceOf(flow),
        idTokenExpected: true,
      })
      .catch(error => {
        throw refusalOf(error);
      });

    const claims = tokens.claims();
    if (!claims) throw new Refusal('failed', 'no_id_token');
    const { email, email_verified: verified, name, hd } = claims;
    if (typeof email !== 'string' || verified !== true) {
      throw new Refusal('email_not_verified', 'email_not_verified');
    }
    return {
      issuer: claims.iss,
      sub: claims.sub,
      email,
      name: typeof name === 'string' ? name : undefined,
      hostedDomain: typeof hd === 'string' ? hd : undefined,
      refreshToken: tokens.refresh_token,
    };
  }

  /** Asks whether a sign-in of before still holds. */
  async ask(refreshToken: string): Promise<UpstreamAnswer> {
    try {
      const tokens = await client.refreshTokenGrant(
        this.#configuration(),
        refreshToken,
      );
      return { outcome: 'valid', refreshToken: tokens.refresh_token };
    } catch (error) {
      const ended =
        error instanceof client.ResponseBodyError &&
        error.error === 'invalid_grant';
      return { outcome: ended ? 'ended' : 'unavailable' };
    }
  }

  /** Takes the consent of a session back. @throws if the provider cannot be reached. */
  async revoke(refreshToken: string): Promise<void> {
    await client.tokenRevocation(this.#configuration(), refreshToken);
  }

  #configuration(): client.Configuration {
    const { issuer, authorizationUrl, tokenUrl, jwksUrl, revocationUrl } =
      this.#endpoints;
    const configuration = new client.Configuration(
      {
        issuer,
        authorization_endpoint: authorizationUrl,
        token_endpoint: tokenUrl,
        jwks_uri: jwksUrl,
        revocation_endpoint: revocationUrl,
      },
      this.#clientId,
      { id_token_signed_response_alg: ALGORITHM },
      client.ClientSecretPost(this.#clientSecret),
    );
    configuration.timeout = TIMEOUT_SECONDS;
    // The signature too, not only the connection that the token came over.
    client.enableNonRepudiationChecks(configuration);
    // Only loopback addresses get this far without https.
    const insecure = Object.values(this.#endpoints).some(url =>
      url.startsWith('http:'),
    );
    if (insecure) client.allowInsecureRequests(configuration);
    return configuration;
  }
}
