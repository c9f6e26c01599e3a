import { breathe } from '@migrate-hub/backstage-plugin-migrate-hub-node';

type Expected = 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'end';

const isSpace = (char: string) =>
  char === ' ' || char === '\n' || char === '\r' || char === '\t';
const hex4 = /^[0-9a-fA-F]{4}$/;

/** So many characters are read in a few milliseconds. */
const STRETCH = 500_000;

/** What nests deeper is no more told where it ends. */
const DEEPEST = 1_000_000;

/** Tells at which offsets to let others have their turn. */
class Pace {
  #next = STRETCH;

  isDue(at: number): boolean {
    if (at < this.#next) return false;
    this.#next = at + STRETCH;
    return true;
  }
}

/** Offset after the string that begins at `at`, or the negative of where it breaks, less one. */
async function skipString(
  text: string,
  at: number,
  pace: Pace,
): Promise<number> {
  for (let i = at + 1; i < text.length; i += 1) {
    if (pace.isDue(i)) await breathe();
    const char = text[i];
    if (char === '"') return i + 1;
    if (char < ' ') return -i - 1;
    if (char !== '\\') continue;
    i += 1;
    if (text[i] === 'u') {
      if (!hex4.test(text.slice(i + 1, i + 5))) return -i - 1;
      i += 4;
    } else if (i >= text.length || !'"\\/bfnrt'.includes(text[i])) {
      return -Math.min(i, text.length) - 1;
    }
  }
  return -text.length - 1;
}

/** Offset after the word or number that begins at `at`, or `at` if none does. */
function skipScalar(text: string, at: number): number {
  const scalar =
    /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;
  scalar.lastIndex = at;
  return scalar.test(text) ? scalar.lastIndex : at;
}

/**
 * Offset of the first character that cannot stand there in JSON.
 *
 * @remarks
 * V8's own message quotes the text around it, and not always names the place.
 */
async function firstErrorOffset(text: string): Promise<number> {
  const pace = new Pace();
  const open: Array<'{' | '['> = [];
  let expected: Expected = 'value';
  let at = 0;
  for (;;) {
    if (pace.isDue(at)) await breathe();
    if (at < text.length && isSpace(text[at])) {
      at += 1;
      continue;
    }
    if (at >= text.length) return at;
    const char = text[at];
    const inside = open[open.length - 1];

    if (expected === 'colon') {
      if (char !== ':') return at;
      expected = 'value';
      at += 1;
    } else if (expected === 'end') {
      if (char === ',' && inside) {
        expected = inside === '{' ? 'key' : 'value';
      } else if (char === (inside === '{' ? '}' : ']') && inside) {
        open.pop();
      } else {
        return at;
      }
      at += 1;
    } else if (expected === 'keyOrEnd' && char === '}') {
      open.pop();
      expected = 'end';
      at += 1;
    } else if (expected === 'valueOrEnd' && char === ']') {
      open.pop();
      expected = 'end';
      at += 1;
    } else if (char === '"') {
      const after = await skipString(text, at, pace);
      if (after < 0) return -after - 1;
      at = after;
      expected = expected.startsWith('key') ? 'colon' : 'end';
    } else if (expected.startsWith('key')) {
      return at;
    } else if (char === '{' || char === '[') {
      if (open.length === DEEPEST) return at;
      open.push(char);
      expected = char === '{' ? 'keyOrEnd' : 'valueOrEnd';
      at += 1;
    } else {
      const after = skipScalar(text, at);
      if (after === at) return at;
      at = after;
      expected = 'end';
    }
  }
}

/**
 * Where text stops being JSON, both from 1. For text that `JSON.parse` refused,
 * of any length, without holding up everybody else.
 */
export async function jsonErrorPosition(text: string): Promise<{
  line: number;
  column: number;
}> {
  const offset = await firstErrorOffset(text);
  const pace = new Pace();
  let line = 1;
  let lineStart = 0;
  for (;;) {
    const end = text.indexOf('\n', lineStart);
    if (end < 0 || end >= offset) break;
    line += 1;
    lineStart = end + 1;
    if (pace.isDue(lineStart)) await breathe();
  }
  return { line, column: offset - lineStart + 1 };
}
