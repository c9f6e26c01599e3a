import { createHash, randomBytes, timingSafeEqual } from 'crypto';
import { CookieOptions, Request, Response } from 'express';
import { FlowSecrets } from './OpenIdProvider';
import { Refusal } from './Refusal';

const MINUTES = 10;

const hash = (text: string): Buffer =>
  createHash('sha256').update(text).digest();

/**
 * Binds a sign-in to the browser that began it: the cookie holds a secret and
 * the hash of the state, so a callback with a foreign state, or none of ours
 * before, is worth nothing.
 */
export class FlowCookie {
  readonly #name: string;
  readonly #options: CookieOptions;

  private constructor(name: string, options: CookieOptions) {
    this.#name = name;
    this.#options = options;
  }

  /** @param options - `callbackUrl`: the cookie goes nowhere else */
  static create(options: { callbackUrl: string }): FlowCookie {
    const { protocol, pathname } = new URL(options.callbackUrl);
    const secure = protocol === 'https:';
    return new FlowCookie(`${secure ? '__Secure-' : ''}migrate-hub-flow`, {
      httpOnly: true,
      // Lax: the provider sends the browser back by a top-level GET.
      sameSite: 'lax',
      secure,
      path: pathname,
    });
  }

  /** Begins a sign-in; another one in the same browser is void from now on. */
  begin(res: Response, state: string): FlowSecrets {
    const verifier = randomBytes(32).toString('base64url');
    res.cookie(this.#name, `${verifier}.${hash(state).toString('base64url')}`, {
      ...this.#options,
      maxAge: MINUTES * 60_000,
    });
    return { verifier, state };
  }

  /**
   * The secrets of the sign-in that this browser began, once.
   *
   * @throws Refusal if it began none, or another one.
   */
  redeem(req: Request, res: Response): FlowSecrets {
    const value: unknown = req.cookies?.[this.#name];
    res.clearCookie(this.#name, this.#options);
    if (typeof value !== 'string') {
      throw new Refusal('start_again', 'no_flow_cookie');
    }
    const state = req.query.state?.toString() ?? '';
    const [verifier, expected = ''] = value.split('.');
    const given = hash(state);
    const wanted = Buffer.from(expected, 'base64url');
    const same =
      wanted.length === given.length && timingSafeEqual(wanted, given);
    if (!same) throw new Refusal('start_again', 'state_mismatch');
    return { verifier, state };
  }
}
