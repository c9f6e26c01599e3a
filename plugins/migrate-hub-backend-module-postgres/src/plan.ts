import { createHash } from 'crypto';
import {
  SqlProblem,
  TransactionMode,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  breathe,
  loneSurrogateIn,
  Plan,
  PlannedStatement,
  PlanRequest,
  PlanResult,
  utf8Of,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { findSuspects, Lines, nameOf, Suspect } from './characters';
import { Classification, classify } from './classify';
import { leavingsOf } from './leavings';
import { passwordLiterals } from './passwordLiterals';
import { refusalsOf } from './preflight';
import { agrees, SecondOpinion } from './secondOpinion';
import { RawStatement, Splitter } from './Splitter';
import { arrange, ScriptStatement } from './units';

/** Raise it whenever the same script could be cut differently. */
const SPLITTER = 'postgres/1';

const MAX_PROBLEMS = 100;

/** How long the event loop may be held at a stretch. */
const BREATH_MS = 20;

/** So many bytes are hashed at a stretch. */
const PIECE = 4_000_000;

/** Nested deeper, a comment keeps the grammar busy past its time limit. */
const MAX_NESTING = 50;

class ScriptPlanner {
  readonly #sql: string;
  readonly #bytes: Buffer;
  readonly #mode: TransactionMode;
  readonly #protectedTables: string[];
  readonly #lines: Lines;
  readonly #errors: SqlProblem[] = [];
  readonly #remarks: SqlProblem[] = [];
  /** Everything in order, with the script's own BEGIN and COMMIT. */
  readonly #script: ScriptStatement[] = [];
  /** What is sent. */
  readonly #statements: PlannedStatement[] = [];
  readonly #ranges: Array<[number, number]> = [];
  #at = { offset: 0, byte: 0 };
  #breathed = performance.now();

  constructor(request: PlanRequest, bytes: Buffer) {
    this.#sql = request.sql;
    this.#bytes = bytes;
    this.#mode = request.mode;
    this.#protectedTables = request.protectedTables;
    this.#lines = new Lines(request.sql);
  }

  async plan(secondOpinion: SecondOpinion): Promise<PlanResult> {
    await this.#breathe();
    const suspects = findSuspects(this.#sql);
    await this.#breathe();
    const splitter = Splitter.create(this.#sql, suspects);
    for (const raw of splitter.steps()) {
      if (raw) {
        await this.#take(raw);
      }
      await this.#breathe();
    }
    for (const { code, offset, message } of splitter.problems) {
      this.#add({ code, line: this.#lines.at(offset), message });
    }
    await this.#breathe();
    await this.#checkCharacters(suspects, splitter.inLiterals);
    await this.#breathe();

    const arrangement = arrange(this.#script, this.#mode);
    for (const problem of arrangement.problems) {
      this.#add(problem);
    }
    if (!this.#refused) {
      await this.#verify(secondOpinion, splitter);
    }

    const problems = [...this.#errors, ...this.#remarks].slice(0, MAX_PROBLEMS);
    if (this.#refused) {
      return { statements: this.#statements, problems };
    }
    const plan: Plan = {
      engine: 'postgres',
      splitter: SPLITTER,
      mode: arrangement.mode,
      checksum: await this.#sha256(0, this.#bytes.length),
      statements: this.#statements,
      units: arrangement.units,
    };
    return { plan, statements: this.#statements, problems };
  }

  async #sha256(start: number, end: number): Promise<string> {
    const hash = createHash('sha256');
    for (let at = start; at < end; at += PIECE) {
      hash.update(this.#bytes.subarray(at, Math.min(at + PIECE, end)));
      await this.#breathe();
    }
    return hash.digest('hex');
  }

  async #breathe(): Promise<void> {
    if (performance.now() - this.#breathed > BREATH_MS) {
      await breathe();
      this.#breathed = performance.now();
    }
  }

  get #refused(): boolean {
    return this.#errors.length > 0;
  }

  /** Nobody reads the hundred and first; a script of 50 MB could have a million. */
  #add(problem: Omit<SqlProblem, 'severity'> & Partial<SqlProblem>): void {
    const full: SqlProblem = { severity: 'error', ...problem };
    const list = full.severity === 'error' ? this.#errors : this.#remarks;
    if (list.length < MAX_PROBLEMS) {
      list.push(full);
    }
  }

  async #take(raw: RawStatement): Promise<void> {
    const classification = classify(raw.head);
    const line = this.#lines.at(raw.start);
    const start = this.#byteAt(raw.start);
    const end = this.#byteAt(raw.end);
    this.#ranges.push([start, end]);
    const sent = classification.control === undefined;
    const statementIndex = sent ? this.#statements.length : undefined;
    this.#script.push({ ...classification, line, index: statementIndex });
    if (sent) {
      const leaves = leavingsOf(raw);
      this.#statements.push({
        start,
        end,
        line,
        sha256: await this.#sha256(start, end),
        kind: classification.kind,
        transactional: classification.transactional,
        // Absent, not undefined: the plan is hashed.
        ...(leaves && { leaves }),
      });
    }
    this.#refuse(raw, classification, { line, statementIndex });
    for (const at of passwordLiterals(this.#sql, raw.head)) {
      this.#add({
        code: 'PASSWORD_LITERAL',
        severity: 'warning',
        line: this.#lines.at(at),
        statementIndex,
        message:
          'A password stands here: whoever may read this migration can read it, now and later, and the server may log it. Set it outside, or change it after the run',
      });
    }
  }

  #refuse(
    raw: RawStatement,
    classification: Classification,
    where: { line: number; statementIndex?: number },
  ): void {
    if (this.#errors.length >= MAX_PROBLEMS) {
      return;
    }
    const statement = { ...raw, words: this.#wordsOf(raw) };
    for (const refusal of refusalsOf(
      statement,
      classification,
      this.#protectedTables,
    )) {
      this.#add({ ...where, ...refusal });
    }
  }

  /** The body of a DO runs at once, so it counts as part of the script. */
  #wordsOf({ head, words }: RawStatement): Set<string> {
    if (head[0].text !== 'do' || head[0].kind !== 'word') {
      return words;
    }
    const all = new Set(words);
    for (const { kind, start, end } of head) {
      if (kind === 'string') {
        const literal = this.#sql.slice(start, end);
        const body = literal.replace(/^(\$[^$]*\$|[eE]?')|(\$[^$]*\$|')$/g, '');
        for (const inner of Splitter.create(body).statements()) {
          inner.words.forEach(word => all.add(word));
        }
      }
    }
    return all;
  }

  /** Bytes before an offset, counted onwards from the last one asked for. */
  #byteAt(offset: number): number {
    const passed = this.#sql.slice(this.#at.offset, offset);
    this.#at = { offset, byte: this.#at.byte + Buffer.byteLength(passed) };
    return this.#at.byte;
  }

  async #checkCharacters(
    suspects: Suspect[],
    inLiterals: Suspect[],
  ): Promise<void> {
    const lone = await loneSurrogateIn(this.#sql);
    if (lone >= 0) {
      this.#add({
        code: 'INVALID_CHARACTER',
        line: this.#lines.at(lone),
        message: 'The text is not valid Unicode here',
      });
    }
    const harmless = new Set(inLiterals);
    for (const suspect of suspects.slice(0, MAX_PROBLEMS)) {
      const { character, offset } = suspect;
      const name = nameOf(character);
      const line = this.#lines.at(offset);
      const literal = harmless.has(suspect) && character !== '\0';
      if (literal && character !== '\r') {
        this.#add({
          code: 'INVALID_CHARACTER',
          severity: 'warning',
          line,
          message: `An invisible character (${name}) stands in a literal`,
        });
      } else if (!literal) {
        this.#add({
          code: 'INVALID_CHARACTER',
          line,
          message: `The character ${name} makes what is read differ from what runs. Take it out`,
        });
      }
    }
  }

  async #verify(
    secondOpinion: SecondOpinion,
    { deepestComment }: Splitter,
  ): Promise<void> {
    // A byte order mark is no part of the text for the grammar.
    const bom = this.#sql.startsWith('\ufeff');
    const skipped = bom ? 3 : 0;
    const opinion =
      deepestComment > MAX_NESTING
        ? { silent: `comments nest ${deepestComment} deep` }
        : await secondOpinion.ask(bom ? this.#sql.slice(1) : this.#sql);
    if ('silent' in opinion) {
      this.#add({
        code: 'SPLIT_NOT_VERIFIED',
        severity: 'warning',
        line: 1,
        message: `Where statements begin and end was not verified by a second parser: ${opinion.silent}`,
      });
      return;
    }
    const ours = this.#ranges.map(
      ([start, end]) => [start - skipped, end - skipped] as const,
    );
    if (!agrees(ours, opinion.ranges)) {
      this.#add({
        code: 'SPLIT_DISAGREES',
        line: 1,
        message: `Two parsers cut this script differently (${ours.length} and ${opinion.ranges.length} statements). Write it more plainly`,
      });
    }
  }
}

/** Splits, classifies and checks a script without any database. */
export async function planScript(
  request: PlanRequest,
  secondOpinion: SecondOpinion,
): Promise<PlanResult> {
  const bytes = await utf8Of(request.sql);
  return new ScriptPlanner(request, bytes).plan(secondOpinion);
}
