import { Hash } from 'crypto';
import { Request } from 'express';
import { HubError } from '../errors';
import { jsonErrorPosition } from './jsonError';
import { readLargeJson } from './largeJson';

const MEGABYTE = 1024 * 1024;
const LIMITS = { sql: 60 * MEGABYTE, other: MEGABYTE };
/** What is longer is read in a thread of its own. */
const LARGE = MEGABYTE;
/** How much of a too large body is read on, so that its sender gets to see the answer. */
const DRAIN_LIMIT = 512 * MEGABYTE;

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

async function readBytes(
  req: Request,
  { limit, hash }: { limit: number; hash?: Hash },
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of req) {
      length += chunk.length;
      hash?.update(chunk);
      if (length > DRAIN_LIMIT) break;
      if (length > limit) chunks.length = 0;
      else chunks.push(chunk);
    }
  } catch {
    throw new HubError('INVALID_BODY', 'The body ended before it was whole.');
  }
  if (length > limit) throw tooLarge(limit);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalidUtf8();
  }
}

async function parse(text: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch {
    throw await invalidJson(text);
  }
}

async function parseLarge(bytes: Uint8Array<ArrayBuffer>): Promise<unknown> {
  const read = await readLargeJson(bytes);
  if ('invalidUtf8' in read) throw invalidUtf8();
  if ('text' in read) throw await invalidJson(read.text);
  if ('tooDeep' in read) {
    throw new HubError('INVALID_BODY', 'The body nests too deeply.');
  }
  return read.value;
}

function invalidUtf8(): HubError {
  return new HubError('INVALID_BODY', 'The body is not valid UTF-8.');
}

async function invalidJson(text: string): Promise<HubError> {
  const { line, column } = await jsonErrorPosition(text);
  return new HubError(
    'INVALID_BODY',
    `The body is not valid JSON: see line ${line}, column ${column}.`,
    { details: { line, column } },
  );
}

/**
 * Reads a JSON body from the bare stream. An empty one reads as `{}`.
 *
 * @remarks
 * A refusal names the place and never quotes the body: it may hold a password.
 *
 * @param options - `hash` is fed the bytes
 * @throws HubError `INVALID_BODY`, `BODY_TOO_LARGE`
 */
export async function readJsonBody(
  req: Request,
  options: { limit: 'sql' | 'other'; hash?: Hash },
): Promise<unknown> {
  const { hash } = options;
  const bytes = await readBytes(req, { limit: LIMITS[options.limit], hash });
  if (bytes.length === 0) return {};
  checkHeaders(req);
  if (bytes.length > LARGE) return parseLarge(bytes);
  return parse(decode(bytes));
}
