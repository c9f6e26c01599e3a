/**
 * Where the body of a stored program ends. `;` inside it separates its own
 * statements; a script without DELIMITER can only be cut by counting what opens
 * and closes. In doubt the count does not come out even, which is an error that
 * asks for DELIMITER, never a silent merge.
 */

const PROGRAMS = new Set([
  'PROCEDURE',
  'FUNCTION',
  'TRIGGER',
  'EVENT',
  'PACKAGE',
]);
const BEFORE_PROGRAM = new Set(['OR', 'REPLACE', 'DEFINER', 'AGGREGATE']);
const BODY_WORDS = new Set(['RETURN', 'SELECT', 'CALL', 'WITH', 'VALUES']);
const DML = new Set(['INSERT', 'UPDATE', 'DELETE', 'REPLACE']);
const LOOPS = new Set(['LOOP', 'REPEAT', 'WHILE', 'FOR']);
/** These close with `END <word>`; BEGIN and a CASE expression with a bare END. */
const NAMED_ENDS = new Set(['IF', 'CASE', ...LOOPS]);
const EXPRESSION = 'CASE expression';

/**
 * - `header`: between CREATE PROCEDURE and the first word of the body
 * - `plain`: not a stored program, `;` always ends it
 */
type Phase = 'start' | 'create' | 'begin' | 'plain' | 'header' | 'body';

/** Fed with the significant tokens of one statement, in order. */
export class CompoundTracker {
  #phase: Phase = 'start';
  #program = '';
  readonly #open: string[] = [];
  #parentheses = 0;
  #previous = '';
  #count = 0;
  /** Whether a statement of the body may begin with the next token, and with the one before. */
  #atStatement = false;
  #wasAtStatement = false;
  #inHandler = false;
  #afterUntil = false;
  /** END was just read; the next token must fit what it closed. */
  #closed: string | undefined;
  #fault: string | undefined;

  /** Whether nothing is open: a `;` here ends the statement. */
  get isClosed(): boolean {
    return this.#open.length === 0;
  }

  /** Whether nothing that follows can matter. */
  get isPlain(): boolean {
    return this.#phase === 'plain';
  }

  get isProgram(): boolean {
    return this.#phase === 'header' || this.#phase === 'body';
  }

  get fault(): string | undefined {
    return this.#fault;
  }

  /** A word in upper case, a single sign, or '' and `` for literals and names in backticks. */
  feed(token: string): void {
    this.#count += 1;
    switch (this.#phase) {
      case 'start':
        this.#first(token);
        break;
      case 'begin':
        this.#afterBegin(token);
        break;
      case 'create':
        this.#afterCreate(token);
        break;
      case 'plain':
        break;
      default: {
        const before = this.#atStatement;
        this.#inside(token);
        this.#wasAtStatement = before;
      }
    }
    this.#previous = token;
  }

  #first(token: string): void {
    if (token === 'CREATE' || token === 'ALTER') {
      this.#phase = 'create';
    } else {
      this.#phase = token === 'BEGIN' ? 'begin' : 'plain';
    }
  }

  /** MariaDB: BEGIN NOT ATOMIC … END is a block outside any stored program. */
  #afterBegin(token: string): void {
    if (this.#previous === 'NOT' && token === 'ATOMIC') {
      this.#push('BEGIN');
    } else if (this.#previous !== 'BEGIN' || token !== 'NOT') {
      this.#phase = 'plain';
    }
  }

  #afterCreate(token: string): void {
    if (['=', '@', '('].includes(this.#previous) || /^\W/.test(token)) {
      // Part of DEFINER = user@host or CURRENT_USER().
      if (this.#count > 20) {
        this.#phase = 'plain';
      }
      return;
    }
    if (PROGRAMS.has(token)) {
      this.#phase = 'header';
      this.#program = token;
      if (token === 'PACKAGE') {
        this.#open.push('PACKAGE');
      }
    } else if (!BEFORE_PROGRAM.has(token)) {
      this.#phase = 'plain';
    }
  }

  #inside(token: string): void {
    if (this.#closed !== undefined) {
      const consumed = this.#afterEnd(this.#closed, token);
      this.#closed = undefined;
      if (consumed) {
        return;
      }
    }
    switch (token) {
      case '(':
        this.#parentheses += 1;
        this.#atStatement = false;
        return;
      case ')':
        this.#parentheses -= 1;
        return;
      case ';':
        this.#parentheses = 0;
        this.#inHandler = false;
        this.#afterUntil = false;
        this.#atStatement = true;
        return;
      case ':':
        // `label:` in front of a block.
        this.#atStatement = this.#wasAtStatement;
        return;
      default:
    }
    if (this.#previous === '.' || this.#previous === '@') {
      this.#atStatement = false;
    } else {
      this.#keyword(token);
    }
  }

  #keyword(token: string): void {
    const here =
      this.#parentheses === 0 &&
      (this.#phase === 'header' || this.#atStatement);
    if (token === 'CASE') {
      this.#push(here ? 'CASE' : EXPRESSION);
    } else if (token === 'END') {
      this.#end();
    } else if (this.#parentheses === 0 && this.#opens(token, here)) {
      this.#push(token);
    } else if (this.#leadsToStatement(token, here)) {
      this.#phase = 'body';
      this.#atStatement = true;
    } else {
      this.#other(token);
    }
  }

  #opens(token: string, here: boolean): boolean {
    if (token === 'BEGIN') {
      return here || this.#inHandler || this.#open[0] === 'PACKAGE';
    }
    if (this.#phase !== 'header') {
      return here && (token === 'IF' || LOOPS.has(token));
    }
    if (token === 'IF') {
      // CREATE PROCEDURE IF NOT EXISTS
      return !PROGRAMS.has(this.#previous);
    }
    // FOR EACH ROW
    return LOOPS.has(token) && this.#program !== 'TRIGGER';
  }

  #leadsToStatement(token: string, here: boolean): boolean {
    const top = this.#open.at(-1);
    switch (token) {
      case 'THEN':
      case 'ELSE':
        return top === 'IF' || top === 'CASE';
      case 'DO':
        if (this.#phase === 'header') {
          return true;
        }
        return !here && (top === 'WHILE' || top === 'FOR');
      case 'ROW':
        return this.#phase === 'header' && this.#previous === 'EACH';
      default:
        return false;
    }
  }

  #other(token: string): void {
    if (token === 'HANDLER') {
      this.#inHandler = true;
    } else if (token === 'UNTIL' && this.#open.at(-1) === 'REPEAT') {
      this.#afterUntil = true;
    }
    if (this.#phase === 'header' && this.#leavesHeader(token)) {
      this.#phase = 'body';
    }
    // FOLLOWS and PRECEDES stand between the header of a trigger and its body.
    const order = ['FOLLOWS', 'PRECEDES'];
    if (!order.includes(token) && !order.includes(this.#previous)) {
      this.#atStatement = false;
    }
  }

  #leavesHeader(token: string): boolean {
    if (token === 'SET') {
      return this.#previous !== 'CHARACTER';
    }
    if (DML.has(token)) {
      return !['BEFORE', 'AFTER', 'OR'].includes(this.#previous);
    }
    return BODY_WORDS.has(token);
  }

  #push(opener: string): void {
    this.#open.push(opener);
    this.#afterUntil = false;
    if (opener === EXPRESSION) {
      this.#atStatement = false;
      return;
    }
    this.#phase = 'body';
    this.#inHandler = false;
    this.#atStatement = ['BEGIN', 'LOOP', 'REPEAT'].includes(opener);
  }

  /** `end` is a legal column name: it closes a block only where a statement may begin. */
  #end(): void {
    const top = this.#open.at(-1);
    const closes = top === EXPRESSION || this.#atStatement || this.#afterUntil;
    this.#atStatement = false;
    if (top !== undefined && closes) {
      this.#open.pop();
      this.#afterUntil = false;
      this.#closed = top;
    }
  }

  /** Whether the token belongs to the END before it. */
  #afterEnd(closed: string, token: string): boolean {
    if (closed === EXPRESSION) {
      return false;
    }
    const expected = NAMED_ENDS.has(closed) ? closed : undefined;
    const found = NAMED_ENDS.has(token) ? token : undefined;
    if (expected !== found) {
      this.#fault ??= `${closed} is closed by END ${found ?? ''}`.trimEnd();
    }
    return found !== undefined;
  }
}
