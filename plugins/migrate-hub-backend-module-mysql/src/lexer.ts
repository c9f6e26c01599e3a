/**
 * The words of MySQL, told apart as the server does it with `utf8mb4`, without
 * ANSI_QUOTES and without NO_BACKSLASH_ESCAPES (the driver refuses both modes).
 */
export type TokenKind =
  | 'space'
  | 'comment'
  | 'word'
  /** An identifier in backticks. */
  | 'quoted'
  | 'string'
  /** The opening of a version comment: what follows is code on some servers. */
  | 'open-version'
  | 'close-version'
  | 'punctuation';

export interface LexicalFault {
  at: number;
  message: string;
}

const SPACE = /[ \t\n\v\f\r]+/y;
const WORD = /[0-9A-Za-z_$\u0080-\uffff]+/y;
const VERSION_COMMENT = /\/\*M?!\d{0,6}/y;
const STRING_BODY = { "'": /[^'\\]*/y, '"': /[^"\\]*/y };

function match(pattern: RegExp, sql: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(sql) ? pattern.lastIndex : at;
}

/** White space, control characters and the end make `--` a comment; nothing else does. */
function endsDashes(sql: string, at: number): boolean {
  return at >= sql.length || sql.charCodeAt(at) <= 32 || sql[at] === '\x7f';
}

/** One pass over a script, one token a call; never looks back. */
export class Lexer {
  readonly sql: string;
  readonly #end: number;
  #inVersion = false;
  kind: TokenKind = 'space';
  start: number;
  end: number;
  /** Set once something is not closed; the lexer is then at the end. */
  fault: LexicalFault | undefined;

  constructor(sql: string, range: { start: number; end: number }) {
    this.sql = sql;
    this.start = range.start;
    this.end = range.start;
    this.#end = range.end;
  }

  get inVersionComment(): boolean {
    return this.#inVersion;
  }

  /** Goes on behind what the caller has read itself (a delimiter, a client command). */
  skipTo(position: number): void {
    this.end = position;
  }

  next(): boolean {
    this.start = this.end;
    if (this.start >= this.#end) {
      return false;
    }
    this.#read(this.sql[this.start]);
    return true;
  }

  #read(first: string): void {
    switch (first) {
      case "'":
      case '"':
        this.#string(first);
        return;
      case '`':
        this.#backticks();
        return;
      case '#':
        this.#lineComment();
        return;
      case '-':
        if (
          this.sql[this.start + 1] === '-' &&
          endsDashes(this.sql, this.start + 2)
        ) {
          this.#lineComment();
          return;
        }
        break;
      case '/':
        if (this.sql[this.start + 1] === '*') {
          this.#blockComment();
          return;
        }
        break;
      case '*':
        if (this.#inVersion && this.sql[this.start + 1] === '/') {
          this.#inVersion = false;
          this.#take('close-version', this.start + 2);
          return;
        }
        break;
      default:
    }
    this.#plain();
  }

  #plain(): void {
    // A byte order mark is white space at the very start only.
    if (this.start === 0 && this.sql.charCodeAt(0) === 0xfeff) {
      this.#take('space', 1);
      return;
    }
    const space = match(SPACE, this.sql, this.start);
    if (space > this.start) {
      this.#take('space', space);
      return;
    }
    const word = match(WORD, this.sql, this.start);
    if (word > this.start) {
      this.#take('word', word);
      return;
    }
    this.#take('punctuation', this.start + 1);
  }

  #string(quote: "'" | '"'): void {
    let at = this.start + 1;
    for (;;) {
      at = match(STRING_BODY[quote], this.sql, at);
      if (at >= this.#end) {
        this.#unclosed('string', `The string that begins with ${quote}`);
        return;
      }
      if (this.sql[at] === '\\' || this.sql[at + 1] === quote) {
        at += 2;
      } else {
        this.#take('string', at + 1);
        return;
      }
    }
  }

  #backticks(): void {
    let at = this.start + 1;
    for (;;) {
      at = this.sql.indexOf('`', at);
      if (at === -1 || at >= this.#end) {
        this.#unclosed('quoted', 'The name in backticks');
        return;
      }
      if (this.sql[at + 1] !== '`') {
        this.#take('quoted', at + 1);
        return;
      }
      at += 2;
    }
  }

  #lineComment(): void {
    // Only a line feed ends it: a lone carriage return does not.
    const at = this.sql.indexOf('\n', this.start);
    this.#take('comment', at === -1 ? this.#end : at);
  }

  #blockComment(): void {
    const version = match(VERSION_COMMENT, this.sql, this.start);
    if (version > this.start) {
      if (this.#inVersion) {
        this.#fail(
          'comment',
          'A version comment stands inside another: servers disagree on where it ends',
        );
        return;
      }
      this.#inVersion = true;
      this.#take('open-version', version);
      return;
    }
    const close = this.sql.indexOf('*/', this.start + 2);
    if (close === -1 || close + 2 > this.#end) {
      this.#unclosed('comment', 'The comment that begins with /*');
      return;
    }
    this.#take('comment', close + 2);
  }

  #take(kind: TokenKind, end: number): void {
    this.kind = kind;
    this.end = Math.min(end, this.#end);
  }

  #unclosed(kind: TokenKind, what: string): void {
    this.#fail(kind, `${what} is not closed`);
  }

  #fail(kind: TokenKind, message: string): void {
    this.fault = { at: this.start, message };
    this.#take(kind, this.#end);
  }
}

/** A token that is neither space nor comment. */
export interface Token {
  kind: Exclude<TokenKind, 'space' | 'comment'>;
  start: number;
  end: number;
  /** Words in upper case, names without their backticks, strings as `''`, else the characters. */
  text: string;
}

/** The name in backticks as the server reads it. */
export function unquote(name: string): string {
  return name.slice(1, -1).replaceAll('``', '`');
}

/** The tokens of a stretch, at most `limit` of them. */
export function tokens(
  sql: string,
  range: { start: number; end: number },
  limit = Infinity,
): Token[] {
  const lexer = new Lexer(sql, range);
  const found: Token[] = [];
  while (found.length < limit && lexer.next()) {
    const { kind, start, end } = lexer;
    if (kind !== 'space' && kind !== 'comment') {
      found.push({ kind, start, end, text: tokenText(sql, kind, start, end) });
    }
  }
  return found;
}

export function tokenText(
  sql: string,
  kind: TokenKind,
  start: number,
  end: number,
): string {
  switch (kind) {
    case 'word':
      return sql.slice(start, end).toUpperCase();
    case 'quoted':
      return unquote(sql.slice(start, end));
    case 'string':
      return "''";
    default:
      return sql.slice(start, end);
  }
}
