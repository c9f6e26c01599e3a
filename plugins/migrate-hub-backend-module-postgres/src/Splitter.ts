import {
  isDigit,
  isIdentifierPart,
  isIdentifierStart,
  isSpace,
  Suspect,
} from './characters';
import {
  dollarTag,
  endOfComment,
  endOfEscaped,
  endOfLine,
  endOfQuoted,
  standsAlone,
} from './scan';

/**
 * `word` is folded to lower case, `quoted` is a `"…"` identifier without its
 * quotes, `string` any literal (its text stays in the script), `other` a number
 * or a single character.
 */
export interface Token {
  kind: 'word' | 'quoted' | 'string' | 'other';
  text: string;
  start: number;
  end: number;
}

/** A statement without the comments and white space around it. Offsets are UTF-16. */
export interface RawStatement {
  start: number;
  end: number;
  /** The first tokens: enough to classify any statement. */
  head: Token[];
  /** Every identifier and keyword in it, lower case. */
  words: Set<string>;
}

export interface SplitProblem {
  code: 'UNTERMINATED' | 'CLIENT_COMMAND';
  offset: number;
  message: string;
}

/** So many characters or tokens are read in a few milliseconds. */
const BREATH = 20_000;

/** How many tokens of a statement are kept. */
export const HEAD = 80;

/**
 * Cuts a script at its top-level semicolons, in one linear pass, by the lexical
 * rules of Postgres with `standard_conforming_strings = on`. A statement is
 * handed out as soon as it ends and not kept, so that a script of 50 MB needs no
 * memory for its tokens and whoever takes them can pause.
 */
export class Splitter {
  readonly #sql: string;
  readonly #suspects: Suspect[];
  #nextSuspect = 0;
  readonly #problems: SplitProblem[] = [];
  readonly #inLiterals: Suspect[] = [];
  #deepestComment = 0;

  #at = 0;
  #head: Token[] = [];
  #words = new Set<string>();
  /** Where the statement begins and its last token ends; -1 before its first token. */
  #start = -1;
  #end = 0;
  #previous: Token | undefined;
  /** A planner hint (a comment that begins with a plus) right before the statement belongs to it. */
  #hint = -1;
  #parentheses: number[] = [];
  /** Depth of BEGIN ATOMIC and the CASEs inside it. */
  #atomic = 0;

  private constructor(sql: string, suspects: Suspect[]) {
    this.#sql = sql;
    this.#suspects = suspects;
  }

  static create(sql: string, suspects: Suspect[] = []): Splitter {
    return new Splitter(sql, suspects);
  }

  /** What was found wrong so far; complete when all statements were taken. */
  get problems(): SplitProblem[] {
    return this.#problems;
  }

  /** Those of the suspects that stand inside a literal. */
  get inLiterals(): Suspect[] {
    return this.#inLiterals;
  }

  /** How deep comments nest: the real grammar takes quadratic time for it. */
  get deepestComment(): number {
    return this.#deepestComment;
  }

  /**
   * The head of the first statement, however long the rest of it is.
   *
   * @param most - how many tokens are wanted
   */
  firstTokens(most: number = HEAD): Token[] {
    for (const step of this.#scan({ until: most })) {
      if (step) {
        return step.head;
      }
    }
    return this.#head;
  }

  *statements(): Generator<RawStatement> {
    for (const step of this.steps()) {
      if (step) {
        yield step;
      }
    }
  }

  /** The statements, and `undefined` now and then within a long one: the caller may let others run. */
  steps(): Generator<RawStatement | undefined> {
    return this.#scan({ until: Infinity });
  }

  *#scan({ until }: { until: number }): Generator<RawStatement | undefined> {
    let breath = BREATH;
    const sql = this.#sql;
    if (sql.charCodeAt(0) === 0xfeff) {
      this.#at = 1;
    }
    while (this.#at < sql.length) {
      if (this.#head.length >= until) {
        return;
      }
      breath -= 1;
      if (breath === 0) {
        breath = BREATH;
        yield undefined;
      }
      const code = sql.charCodeAt(this.#at);
      if (isSpace(code)) {
        this.#at += 1;
      } else if (sql.startsWith('--', this.#at)) {
        this.#at = endOfLine(sql, this.#at);
      } else if (sql.startsWith('/*', this.#at)) {
        this.#blockComment();
      } else if (code === 59 && !this.#parentheses.length && !this.#atomic) {
        yield* this.#finish();
        this.#at += 1;
      } else {
        this.#token(code);
      }
    }
    yield* this.#finish();
  }

  *#finish(): Generator<RawStatement> {
    const opened = this.#parentheses[0];
    if (opened !== undefined) {
      this.#problem(opened, 'This parenthesis is never closed');
    } else if (this.#atomic) {
      this.#problem(this.#start, 'BEGIN ATOMIC without its END');
    } else if (this.#start >= 0) {
      yield {
        start: this.#start,
        end: this.#end,
        head: this.#head,
        words: this.#words,
      };
    }
    this.#head = [];
    this.#words = new Set();
    this.#start = -1;
    this.#previous = undefined;
    this.#hint = -1;
    this.#parentheses = [];
    this.#atomic = 0;
  }

  #problem(
    offset: number,
    message: string,
    code: SplitProblem['code'] = 'UNTERMINATED',
  ): void {
    this.#problems.push({ code, offset, message });
  }

  #token(code: number): void {
    const sql = this.#sql;
    const start = this.#at;
    if (code === 39) {
      this.#literal(start, endOfQuoted(sql, start + 1, "'"));
    } else if (code === 34) {
      this.#quoted(start);
    } else if (code === 36) {
      this.#dollar(start);
    } else if (isIdentifierStart(code)) {
      this.#word(start);
    } else if (isDigit(code)) {
      this.#digits(start);
    } else if (code === 92) {
      this.#problem(
        start,
        'A backslash command belongs to psql, not to SQL. Take it out of the script',
        'CLIENT_COMMAND',
      );
      this.#at = endOfLine(sql, start);
    } else {
      this.#parenthesis(code, start);
      this.#add('other', sql[start], start, start + 1);
    }
  }

  #parenthesis(code: number, start: number): void {
    if (code === 40) {
      this.#parentheses.push(start);
    } else if (code === 41 && this.#parentheses.pop() === undefined) {
      this.#problem(start, 'This parenthesis closes nothing');
    }
  }

  #add(kind: Token['kind'], text: string, start: number, end: number): void {
    const token = { kind, text, start, end };
    if (this.#start < 0) {
      this.#start = this.#hint < 0 ? start : this.#hint;
    }
    if (this.#head.length < HEAD) {
      this.#head.push(token);
    }
    if (kind === 'word' || kind === 'quoted') {
      this.#words.add(text.toLowerCase());
    }
    this.#previous = token;
    this.#end = end;
    this.#at = end;
  }

  #word(start: number): void {
    const sql = this.#sql;
    let end = start + 1;
    while (end < sql.length && isIdentifierPart(sql.charCodeAt(end))) {
      end += 1;
    }
    const text = sql.slice(start, end).toLowerCase();
    if (text === 'e' && sql[end] === "'") {
      this.#literal(start, endOfEscaped(sql, end + 1));
      return;
    }
    if (text === 'go' && standsAlone(sql, start, end)) {
      this.#problem(
        start,
        'GO is a command of a client, not SQL. End statements with a semicolon',
        'CLIENT_COMMAND',
      );
    }
    this.#trackAtomic(text);
    this.#add('word', text, start, end);
  }

  /** What follows is lexed as Postgres 13 does: `1E'…'` is 1 and a literal with escapes. */
  #digits(start: number): void {
    let end = start + 1;
    while (isDigit(this.#sql.charCodeAt(end))) {
      end += 1;
    }
    this.#add('other', this.#sql.slice(start, end), start, end);
  }

  /** Counts BEGIN ATOMIC … CASE … END, where a label or a column may bear these names. */
  #trackAtomic(text: string): void {
    const previous = this.#previous;
    if (!this.#atomic) {
      if (
        text === 'atomic' &&
        previous?.kind === 'word' &&
        previous.text === 'begin' &&
        isRoutine(this.#head)
      ) {
        this.#atomic = 1;
      }
      return;
    }
    if (previous?.text === '.' || previous?.text === 'as') {
      return;
    }
    if (text === 'case') {
      this.#atomic += 1;
    } else if (text === 'end') {
      this.#atomic -= 1;
    }
  }

  #quoted(start: number): void {
    const end = endOfQuoted(this.#sql, start + 1, '"');
    if (end < 0) {
      this.#unterminated(start, 'This quoted name is never closed');
      return;
    }
    const text = this.#sql.slice(start + 1, end - 1).replaceAll('""', '"');
    this.#add('quoted', text, start, end);
  }

  #dollar(start: number): void {
    const tag = dollarTag(this.#sql, start);
    if (tag === undefined) {
      this.#add('other', '$', start, start + 1);
      return;
    }
    const closing = this.#sql.indexOf(tag, start + tag.length);
    this.#literal(start, closing < 0 ? -1 : closing + tag.length);
  }

  #literal(start: number, end: number): void {
    if (end < 0) {
      this.#unterminated(start, 'This string is never closed');
      return;
    }
    this.#add('string', '', start, end);
    while (this.#nextSuspect < this.#suspects.length) {
      const suspect = this.#suspects[this.#nextSuspect];
      if (suspect.offset >= end) {
        return;
      }
      if (suspect.offset >= start) {
        this.#inLiterals.push(suspect);
      }
      this.#nextSuspect += 1;
    }
  }

  #blockComment(): void {
    const start = this.#at;
    const { end, deepest } = endOfComment(this.#sql, start);
    this.#deepestComment = Math.max(this.#deepestComment, deepest);
    if (end < 0) {
      this.#unterminated(start, 'This comment is never closed');
      return;
    }
    if (this.#start < 0) {
      this.#hint = this.#sql[start + 2] === '+' ? start : -1;
    }
    this.#at = end;
  }

  /** What follows cannot be told apart: no statement is made of it. */
  #unterminated(offset: number, message: string): void {
    this.#problem(offset, message);
    this.#start = -1;
    this.#parentheses = [];
    this.#atomic = 0;
    this.#at = this.#sql.length;
  }
}

function isRoutine(head: Token[]): boolean {
  const words = head.slice(0, 4).map(token => token.text);
  const kind = words[1] === 'or' ? words[3] : words[1];
  return words[0] === 'create' && (kind === 'function' || kind === 'procedure');
}
