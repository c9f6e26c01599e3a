import { createHash } from 'crypto';
import { setImmediate } from 'timers/promises';

/** So many characters or bytes take a few milliseconds. */
const STRETCH = 1_000_000;

/** Lets everybody else have their turn. @public */
export const breathe = (): Promise<void> => setImmediate();

/** A long text in stretches; none begins or ends within a character or a CRLF. @public */
export function* stretchesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + STRETCH, text.length);
    if (end < text.length && isTogether(text, end)) end += 1;
    yield text.slice(at, end);
    at = end;
  }
}

function isTogether(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  return (
    (before >= 0xd800 && before < 0xdc00) ||
    (before === 13 && text.charCodeAt(at) === 10)
  );
}

/** The UTF-8 bytes of a text of any length, without holding up everybody else. @public */
export async function utf8Of(text: string): Promise<Buffer> {
  if (text.length <= STRETCH) return Buffer.from(text, 'utf8');
  let length = 0;
  for (const stretch of stretchesOf(text)) {
    await breathe();
    length += Buffer.byteLength(stretch, 'utf8');
  }
  const bytes = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const stretch of stretchesOf(text)) {
    await breathe();
    at += bytes.write(stretch, at, 'utf8');
  }
  return bytes;
}

/** The text of UTF-8 bytes of any number, without holding up everybody else. @public */
export async function textOf(bytes: Buffer): Promise<string> {
  if (bytes.length <= STRETCH) return bytes.toString('utf8');
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += STRETCH) {
    const stretch = bytes.subarray(at, at + STRETCH);
    parts.push(decoder.decode(stretch, { stream: true }));
    await breathe();
  }
  return parts.join('') + decoder.decode();
}

/** sha256 as 64 hex digits of any number of bytes, without holding up everybody else. @public */
export async function sha256Of(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; at < bytes.length; at += STRETCH) {
    if (at > 0) await breathe();
    hash.update(bytes.subarray(at, at + STRETCH));
  }
  return hash.digest('hex');
}

/**
 * Where a text is not valid Unicode: a surrogate without the other half.
 *
 * @returns its offset, or -1
 * @public
 */
export async function loneSurrogateIn(text: string): Promise<number> {
  let before = 0;
  for (const stretch of stretchesOf(text)) {
    if (before > 0) await breathe();
    const at = stretch.search(/\p{Surrogate}/u);
    if (at >= 0) return before + at;
    before += stretch.length;
  }
  return -1;
}
