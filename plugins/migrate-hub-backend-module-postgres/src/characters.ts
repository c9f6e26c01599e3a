/** Offsets of line starts, to name a line for an offset in logarithmic time. */
export class Lines {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (
      let at = text.indexOf('\n');
      at >= 0;
      at = text.indexOf('\n', at + 1)
    ) {
      this.#starts.push(at + 1);
    }
  }

  /** The line of an offset, counted from 1. */
  at(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#starts[middle] <= offset) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low + 1;
  }
}

/** A character that makes what is read differ from what runs. */
export interface Suspect {
  offset: number;
  character: string;
}

/**
 * NUL, a CR without LF (ends a `--` comment on Postgres, but not in an editor),
 * soft hyphen, bidirectional controls and zero-width characters.
 */
const SUSPECTS = new RegExp(
  '\\0|\\r(?!\\n)|[\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u2069\\ufeff]',
  'g',
);

const MAX_SUSPECTS = 1_000;

/** All suspects of a script; a byte order mark at the very start is none. */
export function findSuspects(sql: string): Suspect[] {
  const found: Suspect[] = [];
  for (const match of sql.matchAll(SUSPECTS)) {
    if (match.index === 0 && match[0] === '\ufeff') {
      continue;
    }
    found.push({ offset: match.index, character: match[0] });
    if (found.length === MAX_SUSPECTS) {
      break;
    }
  }
  return found;
}

export function nameOf(character: string): string {
  const code = character.charCodeAt(0).toString(16).toUpperCase();
  return `U+${code.padStart(4, '0')}`;
}

export const isSpace = (code: number): boolean =>
  code === 32 || (code >= 9 && code <= 13);

export const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** As in Postgres' own lexer: every non-ASCII character can be in an identifier. */
export const isIdentifierStart = (code: number): boolean =>
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  code === 95 ||
  code >= 128;

export const isIdentifierPart = (code: number): boolean =>
  isIdentifierStart(code) || isDigit(code) || code === 36;
