import { CookieOptions, Request, Response } from 'express';

/** The cookie that holds the opaque session id, and nothing else does. */
export class SessionCookie {
  readonly #name: string;
  readonly #options: CookieOptions;

  private constructor(name: string, options: CookieOptions) {
    this.#name = name;
    this.#options = options;
  }

  /** @param options - `baseUrl` is the address of the auth plugin as browsers see it */
  static create(options: {
    baseUrl: string;
    providerId: string;
  }): SessionCookie {
    const url = new URL(options.baseUrl);
    const secure = url.protocol === 'https:';
    return new SessionCookie(
      `${secure ? '__Secure-' : ''}migrate-hub-${options.providerId}`,
      {
        httpOnly: true,
        sameSite: 'lax',
        secure,
        path: `${url.pathname.replace(/\/$/, '')}/${options.providerId}`,
      },
    );
  }

  read(req: Request): string | undefined {
    const value: unknown = req.cookies?.[this.#name];
    return typeof value === 'string' && value ? value : undefined;
  }

  write(res: Response, sessionId: string, expires: Date): void {
    res.cookie(this.#name, sessionId, { ...this.#options, expires });
  }

  clear(res: Response): void {
    res.clearCookie(this.#name, this.#options);
  }
}
