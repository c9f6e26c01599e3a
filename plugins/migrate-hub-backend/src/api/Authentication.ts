import {
  BackstageCredentials,
  BackstagePrincipalTypes,
  HttpAuthService,
} from '@backstage/backend-plugin-api';
import { Request } from 'express';
import { bearerOf } from './bearer';
import { Lately } from './Lately';

type Principal = BackstagePrincipalTypes['user' | 'service'];

/**
 * Whose request it is, as Backstage verifies it. To check a signature costs more
 * than most answers of the hub: for reading, a user's token is checked again
 * after some seconds. Whether its session still lives is asked each time.
 */
export class Authentication {
  readonly #httpAuth: HttpAuthService;
  readonly #verified = new Lately<BackstageCredentials<Principal>>();

  private constructor(httpAuth: HttpAuthService) {
    this.#httpAuth = httpAuth;
  }

  static create(httpAuth: HttpAuthService): Authentication {
    return new Authentication(httpAuth);
  }

  /** @throws AuthenticationError of Backstage without a valid token */
  async verify(req: Request): Promise<BackstageCredentials<Principal>> {
    return this.#httpAuth.credentials(req, { allow: ['user', 'service'] });
  }

  /** The same, or what was found within the last seconds. */
  async verifyLately(req: Request): Promise<BackstageCredentials<Principal>> {
    const bearer = bearerOf(req);
    if (bearer === undefined) return this.verify(req);
    const known = this.#verified.get(bearer);
    if (known) return known;
    const asked = performance.now();
    const credentials = await this.verify(req);
    const { principal, expiresAt } = credentials;
    // Through a plugin there are two tokens in one, each with a time of its own.
    const isOwn = principal.type === 'user' && principal.actor === undefined;
    if (isOwn && expiresAt) {
      this.#verified.keep(bearer, credentials, { asked, end: expiresAt });
    }
    return credentials;
  }
}
