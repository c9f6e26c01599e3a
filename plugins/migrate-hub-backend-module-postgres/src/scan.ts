/** Where things end in a script. All answer an offset behind the end, or -1 where there is none. */
import { isSpace } from './characters';

const QUOTE = 39;
const BACKSLASH = 92;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z_0-9\u0080-\uffff]*)?\$/y;

/** Of a quoted text, from behind its opening quote; a doubled quote is none. */
export function endOfQuoted(sql: string, from: number, quote: string): number {
  let at = sql.indexOf(quote, from);
  while (at >= 0 && sql[at + 1] === quote) {
    at = sql.indexOf(quote, at + 2);
  }
  return at < 0 ? -1 : at + 1;
}

/**
 * Of an `E'…'` literal, from behind its opening quote. `E'a'`, a line end and
 * `'\''` are one literal: the second part has escapes as well.
 */
export function endOfEscaped(sql: string, from: number): number {
  let end = endOfEscapedPart(sql, from);
  while (end > 0) {
    const next = continuation(sql, end);
    if (next < 0) {
      return end;
    }
    end = endOfEscapedPart(sql, next + 1);
  }
  return end;
}

function endOfEscapedPart(sql: string, from: number): number {
  for (let at = from; at < sql.length; at += 1) {
    const code = sql.charCodeAt(at);
    if (code === BACKSLASH) {
      at += 1;
    } else if (code === QUOTE) {
      if (sql.charCodeAt(at + 1) !== QUOTE) {
        return at + 1;
      }
      at += 1;
    }
  }
  return -1;
}

/** The quote with which a literal goes on after white space that holds a line end. */
function continuation(sql: string, from: number): number {
  let newLine = false;
  for (let at = from; at < sql.length; at += 1) {
    const code = sql.charCodeAt(at);
    if (code === QUOTE) {
      return newLine ? at : -1;
    }
    if (sql.startsWith('--', at)) {
      at = endOfLine(sql, at) - 1;
    } else if (!isSpace(code)) {
      return -1;
    } else if (code === 10 || code === 13) {
      newLine = true;
    }
  }
  return -1;
}

/** The tag of a dollar-quoted text that opens here, e.g. `$body$`. */
export function dollarTag(sql: string, at: number): string | undefined {
  DOLLAR_TAG.lastIndex = at;
  return DOLLAR_TAG.exec(sql)?.[0];
}

/** Of a block comment and of those nested in it, with how deep they nest. */
export function endOfComment(
  sql: string,
  from: number,
): { end: number; deepest: number } {
  const delimiter = /\/\*|\*\//g;
  delimiter.lastIndex = from;
  let depth = 0;
  let deepest = 0;
  do {
    const match = delimiter.exec(sql);
    if (!match) {
      return { end: -1, deepest };
    }
    depth += match[0] === '/*' ? 1 : -1;
    deepest = Math.max(deepest, depth);
  } while (depth > 0);
  return { end: delimiter.lastIndex, deepest };
}

/** The offset of the line end itself, or the end of the text. */
export function endOfLine(sql: string, from: number): number {
  let at = from;
  while (at < sql.length && sql[at] !== '\n' && sql[at] !== '\r') {
    at += 1;
  }
  return at;
}

/** Whether nothing else stands on the line of a word. */
export function standsAlone(sql: string, start: number, end: number): boolean {
  const blank = (at: number) => sql[at] === ' ' || sql[at] === '\t';
  const edge = (at: number) =>
    at < 0 || at >= sql.length || sql[at] === '\n' || sql[at] === '\r';
  let before = start - 1;
  while (blank(before)) {
    before -= 1;
  }
  let after = end;
  while (blank(after)) {
    after += 1;
  }
  return edge(before) && edge(after);
}
