import { CompoundTracker } from './compound';
import { Lexer, tokenText, unquote } from './lexer';

/** Changes whenever the same script could be cut in another way. */
export const SPLITTER = 'mysql/1';

/** A watched name or sign in the code of a statement. */
export interface Mention {
  /** Lower case. */
  name: string;
  start: number;
  end: number;
}

/** Offsets are UTF-16 code units; from the first token that is code to the last. */
export interface SplitStatement {
  start: number;
  end: number;
  line: number;
  /** The first significant tokens: words in upper case, `''` for literals, names without backticks. */
  head: string[];
  /** Whether code stands in version comments, all of it or some. */
  versionComment: 'none' | 'some' | 'all';
  /** A stored program or a block: `;` inside is its own. */
  isProgram: boolean;
  /** Names a variable of the user (`@x`), or an account (`a@b`). */
  hasAtSign: boolean;
  /** Where code goes on behind a `;` that is not the delimiter and not in a body. */
  secondStatement?: number;
  mentions: Mention[];
}

export interface SplitFault {
  code: 'UNTERMINATED' | 'CLIENT_COMMAND';
  at: number;
  line: number;
  message: string;
}

/** `undefined` is a breathing point: nothing new, but the caller may let others run. */
export type SplitStep =
  | { statement: SplitStatement }
  | { fault: SplitFault }
  | undefined;

const HEAD = 16;
const MAX_MENTIONS = 100;
const BREATH = 20_000;
const DELIMITER_LINE = /[ \t]*([^\s]*)[ \t]*([^\n]*)/y;
const UNSUITABLE_DELIMITER = /[\w'"`\\#]|--|\/\*|\*\/|[^\x21-\x7e]/;

class Splitter {
  readonly #sql: string;
  readonly #lexer: Lexer;
  readonly #watch: ReadonlySet<string>;
  readonly #longest: number;
  #delimiter = ';';
  #line = 1;
  #nextLineFeed: number;
  #statement: SplitStatement | undefined;
  #tracker = new CompoundTracker();
  #innerSemicolon = false;
  #outside = false;
  #inside = false;

  constructor(sql: string, watch: ReadonlySet<string>) {
    this.#sql = sql;
    this.#lexer = new Lexer(sql, { start: 0, end: sql.length });
    this.#watch = watch;
    this.#nextLineFeed = sql.indexOf('\n');
    this.#longest = Math.max(0, ...[...watch].map(name => name.length));
  }

  *run(): Generator<SplitStep> {
    const lexer = this.#lexer;
    let steps = 0;
    while (lexer.next()) {
      steps += 1;
      if (steps % BREATH === 0) {
        yield undefined;
      }
      if (lexer.kind === 'space' || lexer.kind === 'comment') {
        if (lexer.fault) {
          break;
        }
        continue;
      }
      if (this.#isDelimiterCommand()) {
        const fault = this.#readDelimiterCommand();
        if (fault) {
          yield { fault };
          return;
        }
      } else if (this.#cutAtDelimiter()) {
        yield* this.#finish();
      } else {
        this.#take();
      }
    }
    if (lexer.fault) {
      yield { fault: this.#fault('UNTERMINATED', lexer.fault) };
    } else {
      yield* this.#finish();
    }
  }

  /** True if a delimiter begins at this token; a word may have it in its middle (`END$$`). */
  #cutAtDelimiter(): boolean {
    const { start, end, kind } = this.#lexer;
    const delimiter = this.#delimiter;
    if (kind === 'string' || kind === 'quoted') {
      return false;
    }
    if (this.#sql.startsWith(delimiter, start)) {
      if (delimiter === ';' && !this.#tracker.isClosed) {
        return false;
      }
      this.#lexer.skipTo(start + delimiter.length);
      return true;
    }
    if (kind === 'word' && delimiter.startsWith('$')) {
      const inside = this.#sql.indexOf(delimiter, start);
      if (inside > start && inside < end) {
        this.#lexer.end = inside;
      }
    }
    return false;
  }

  #take(): void {
    const { start, end, kind } = this.#lexer;
    this.#statement ??= this.#begin(start);
    const statement = this.#statement;
    statement.end = end;
    if (kind === 'open-version' || kind === 'close-version') {
      return;
    }
    if (this.#lexer.inVersionComment) {
      this.#inside = true;
    } else {
      this.#outside = true;
    }
    if (statement.head.length < HEAD || !this.#tracker.isPlain) {
      const text = tokenText(this.#sql, kind, start, end);
      if (statement.head.length < HEAD) {
        statement.head.push(text);
      }
      this.#tracker.feed(kind === 'quoted' ? '``' : text);
    }
    this.#noteSemicolon(statement);
    this.#noteAtSign(statement);
    this.#noteMention(statement);
  }

  #noteSemicolon(statement: SplitStatement): void {
    if (this.#sql[this.#lexer.start] === ';') {
      this.#innerSemicolon = true;
    } else if (
      this.#innerSemicolon &&
      statement.secondStatement === undefined
    ) {
      statement.secondStatement = this.#lexer.start;
    }
  }

  /** Not of `@@variable`, which is the server's. */
  #noteAtSign(statement: SplitStatement): void {
    const { start } = this.#lexer;
    statement.hasAtSign ||=
      this.#sql[start] === '@' &&
      this.#sql[start + 1] !== '@' &&
      this.#sql[start - 1] !== '@';
  }

  #noteMention(statement: SplitStatement): void {
    const { start, end, kind } = this.#lexer;
    if (
      kind === 'string' ||
      end - start > this.#longest + 2 ||
      statement.mentions.length >= MAX_MENTIONS
    ) {
      return;
    }
    const text = this.#sql.slice(start, end);
    const name = (kind === 'quoted' ? unquote(text) : text).toLowerCase();
    if (this.#watch.has(name)) {
      statement.mentions.push({ name, start, end });
    }
  }

  #begin(start: number): SplitStatement {
    return {
      start,
      end: start,
      line: this.#lineAt(start),
      head: [],
      versionComment: 'none',
      isProgram: false,
      hasAtSign: false,
      mentions: [],
    };
  }

  *#finish(): Generator<SplitStep> {
    const statement = this.#statement;
    const tracker = this.#tracker;
    const codeInVersions = this.#inside;
    const codeOutside = this.#outside;
    this.#statement = undefined;
    this.#tracker = new CompoundTracker();
    this.#innerSemicolon = false;
    this.#inside = false;
    this.#outside = false;
    if (this.#lexer.inVersionComment) {
      yield {
        fault: this.#fault('UNTERMINATED', {
          at: this.#lexer.start,
          message: 'The statement ends inside a version comment (/*! … */)',
        }),
      };
      return;
    }
    if (!statement || statement.head.length === 0) {
      return;
    }
    const problem = this.#unevenBody(tracker);
    if (problem) {
      yield {
        fault: this.#fault('UNTERMINATED', {
          at: statement.start,
          message: problem,
        }),
      };
      return;
    }
    if (codeInVersions) {
      statement.versionComment = codeOutside ? 'some' : 'all';
    }
    statement.isProgram = tracker.isProgram;
    yield { statement };
  }

  #unevenBody(tracker: CompoundTracker): string | undefined {
    if (this.#delimiter !== ';' || (tracker.isClosed && !tracker.fault)) {
      return undefined;
    }
    const why =
      tracker.fault ?? 'BEGIN, IF, CASE or a loop is not closed by END';
    return `The body of this statement does not come out even (${why}). Put DELIMITER lines around it, as the mysql client needs them.`;
  }

  #isDelimiterCommand(): boolean {
    const { start, end, kind } = this.#lexer;
    return (
      this.#statement === undefined &&
      kind === 'word' &&
      end - start === 9 &&
      this.#sql.slice(start, end).toUpperCase() === 'DELIMITER' &&
      /\s|^$/.test(this.#sql.slice(end, end + 1))
    );
  }

  #readDelimiterCommand(): SplitFault | undefined {
    const { start, end } = this.#lexer;
    DELIMITER_LINE.lastIndex = end;
    const [line, delimiter, rest] = DELIMITER_LINE.exec(this.#sql) ?? [
      '',
      '',
      '',
    ];
    if (!delimiter || UNSUITABLE_DELIMITER.test(delimiter)) {
      return this.#fault('CLIENT_COMMAND', {
        at: start,
        message:
          'DELIMITER needs signs such as // or $$ on the same line: no letters, digits, quotes, # or backslashes, nothing that begins a comment',
      });
    }
    if (rest) {
      return this.#fault('CLIENT_COMMAND', {
        at: start,
        message: 'DELIMITER must stand on a line of its own',
      });
    }
    this.#delimiter = delimiter;
    this.#lexer.skipTo(end + line.length);
    return undefined;
  }

  #fault(
    code: SplitFault['code'],
    { at, message }: { at: number; message: string },
  ): SplitFault {
    return { code, at, line: lineOf(this.#sql, at), message };
  }

  /** Offsets only rise, so that each line feed is looked at once. */
  #lineAt(offset: number): number {
    while (this.#nextLineFeed !== -1 && this.#nextLineFeed < offset) {
      this.#line += 1;
      this.#nextLineFeed = this.#sql.indexOf('\n', this.#nextLineFeed + 1);
    }
    return this.#line;
  }
}

/** The line, counted from 1, of an offset into the script. */
export function lineOf(sql: string, offset: number): number {
  let line = 1;
  let at = sql.indexOf('\n');
  while (at !== -1 && at < offset) {
    line += 1;
    at = sql.indexOf('\n', at + 1);
  }
  return line;
}

/** Cuts a script as the `mysql` client would, in one pass. */
export function* split(
  sql: string,
  options: { watch: ReadonlySet<string> },
): Generator<SplitStep> {
  yield* new Splitter(sql, options.watch).run();
}
