import canonicalize from 'canonicalize';
import { createHash } from 'crypto';

/** sha256 as 64 hex digits; text is hashed as UTF-8. */
export const sha256 = (data: string | Uint8Array): string =>
  createHash('sha256').update(data).digest('hex');

/**
 * RFC 8785 JSON: the same value always gives the same text. Undefined members
 * are left out.
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error('nothing to canonicalize');
  return text;
}
