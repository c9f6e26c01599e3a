import { Request } from 'express';
import { HubError } from '../errors';
import { jsonErrorPosition } from './jsonError';

const MEGABYTE = 1024 * 1024;
const LIMITS = { sql: 60 * MEGABYTE, other: MEGABYTE };
/** How much of a too large body is read on, so that its sender gets to see the answer. */
const DRAIN_LIMIT = 512 * MEGABYTE;

/** A body as sent and as read. An empty one reads as `{}`. */
export interface RequestBody {
  bytes: Buffer;
  value: unknown;
}

function checkHeaders(req: Request): void {
  const type = req.headers['content-type'] ?? '';
  const [media, ...parameters] = type
    .split(';')
    .map(part => part.trim().toLowerCase());
  const charset = parameters.find(part => part.startsWith('charset='));
  const utf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  if (media !== 'application/json' || !utf8) {
    throw new HubError(
      'INVALID_BODY',
      'The body must be JSON in UTF-8: send it with Content-Type: application/json.',
    );
  }
  const encoding = req.headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') {
    throw new HubError(
      'INVALID_BODY',
      'The body must not be compressed: send it without Content-Encoding.',
    );
  }
}

function tooLarge(limit: number): HubError {
  return new HubError(
    'BODY_TOO_LARGE',
    `The body is larger than the ${limit / MEGABYTE} MB that this route takes.`,
    { details: { limitBytes: limit } },
  );
}

async function readBytes(req: Request, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of req) {
      length += chunk.length;
      if (length > DRAIN_LIMIT) break;
      if (length > limit) chunks.length = 0;
      else chunks.push(chunk);
    }
  } catch {
    throw new HubError('INVALID_BODY', 'The body ended before it was whole.');
  }
  if (length > limit) throw tooLarge(limit);
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new HubError('INVALID_BODY', 'The body is not valid UTF-8.');
  }
}

/**
 * Reads a JSON body from the bare stream.
 *
 * @remarks
 * A refusal names the place and never quotes the body: it may hold a password.
 *
 * @throws HubError `INVALID_BODY`, `BODY_TOO_LARGE`
 */
export async function readJsonBody(
  req: Request,
  options: { limit: 'sql' | 'other' },
): Promise<RequestBody> {
  const limit = LIMITS[options.limit];
  const bytes = await readBytes(req, limit);
  if (bytes.length === 0) return { bytes, value: {} };
  checkHeaders(req);

  const text = decode(bytes);
  try {
    return { bytes, value: JSON.parse(text) };
  } catch {
    const { line, column } = jsonErrorPosition(text);
    throw new HubError(
      'INVALID_BODY',
      `The body is not valid JSON: see line ${line}, column ${column}.`,
      { details: { line, column } },
    );
  }
}
