import { NotAllowedError } from '@backstage/errors';
import { Request } from 'express';

/**
 * Lets a call through only if a page of the portal made it.
 *
 * @remarks
 * A foreign page can send neither header: `X-Requested-With` would need CORS,
 * `Origin` is the browser's. A GET to one's own origin has no `Origin`; there
 * the browser's `Sec-Fetch-Site` says the same.
 *
 * @throws NotAllowedError
 */
export function assertOwnPage(
  req: Request,
  isOriginAllowed: (origin: string) => boolean,
): void {
  if (req.header('X-Requested-With') !== 'XMLHttpRequest') {
    throw new NotAllowedError(
      'The header X-Requested-With: XMLHttpRequest is required here.',
    );
  }
  const origin = req.header('Origin');
  const sameOriginGet =
    req.method === 'GET' &&
    origin === undefined &&
    req.header('Sec-Fetch-Site') === 'same-origin';
  if (sameOriginGet) return;
  if (origin !== undefined && isOriginAllowed(origin)) return;
  throw new NotAllowedError(
    'Sign-in is for pages of this portal: the Origin header must be the address of the portal (app.baseUrl).',
  );
}
