import { createHash } from 'crypto';
import { SqlProblem } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  breathe,
  PlannedStatement,
  PlanRequest,
  PlanResult,
  sha256Of,
  utf8Of,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { characterProblems } from './characters';
import { classify, StatementClass } from './classify';
import {
  Finding,
  findingsOf,
  isBegin,
  isCommit,
  watchedNames,
} from './preflight';
import { lineOf, SPLITTER, split, SplitStatement } from './splitter';
import { arrange, ScriptStatement } from './units';

const MAX_PROBLEMS = 100;

/** How long the event loop may be held at a stretch. */
const BREATH_MS = 20;

class ScriptPlanner {
  readonly #sql: string;
  readonly #bytes: Buffer;
  readonly #request: PlanRequest;
  readonly #errors: SqlProblem[] = [];
  readonly #warnings: SqlProblem[] = [];
  readonly #script: ScriptStatement[] = [];
  readonly #statements: PlannedStatement[] = [];
  #counted = { offset: 0, bytes: 0 };
  #breathed = performance.now();

  constructor(request: PlanRequest, bytes: Buffer) {
    this.#request = request;
    this.#sql = request.sql;
    this.#bytes = bytes;
  }

  async plan(): Promise<PlanResult> {
    for (const problem of await characterProblems(this.#sql)) {
      this.#add(problem);
    }
    await this.#breathe();
    await this.#readStatements();
    await this.#breathe();
    const { mode } = this.#request;
    const arrangement = arrange(this.#script, mode);
    for (const problem of arrangement.problems) {
      this.#add(problem);
    }
    const problems = [...this.#errors, ...this.#warnings];
    if (this.#errors.length > 0) {
      return { statements: this.#statements, problems };
    }
    return {
      plan: {
        engine: 'mysql',
        splitter: SPLITTER,
        mode: arrangement.mode,
        checksum: await sha256Of(this.#bytes),
        statements: this.#statements,
        units: arrangement.units,
      },
      statements: this.#statements,
      problems,
    };
  }

  async #readStatements(): Promise<void> {
    const watch = watchedNames(this.#request.protectedTables);
    for (const step of split(this.#sql, { watch })) {
      if (step && 'fault' in step) {
        const { code, line, message } = step.fault;
        this.#add({ code, severity: 'error', line, message });
        return;
      }
      if (step) {
        this.#take(step.statement);
      }
      await this.#breathe();
    }
  }

  #take(statement: SplitStatement): void {
    const { head, line, isProgram } = statement;
    const found = classify(this.#sql, statement);
    const control = isProgram ? undefined : controlOf(head);
    const index = control ? undefined : this.#statements.length;
    if (!control) {
      this.#statements.push(this.#planned(statement, found));
    }
    this.#script.push({ ...found, line, control, index });
    const { protectedTables } = this.#request;
    for (const finding of findingsOf(this.#sql, statement, protectedTables)) {
      this.#addFinding(finding, statement, index);
    }
  }

  #planned(statement: SplitStatement, found: StatementClass): PlannedStatement {
    const start = this.#bytesBefore(statement.start);
    const end = this.#bytesBefore(statement.end);
    return {
      start,
      end,
      line: statement.line,
      sha256: createHash('sha256')
        .update(this.#bytes.subarray(start, end))
        .digest('hex'),
      ...found,
    };
  }

  #addFinding(
    { code, severity, message, at }: Finding,
    statement: SplitStatement,
    statementIndex: number | undefined,
  ): void {
    const within = this.#sql.slice(statement.start, at ?? statement.start);
    const line = statement.line + lineOf(within, within.length) - 1;
    this.#add({ code, severity, line, statementIndex, message });
  }

  /** Errors stand first, because they decide and the list is cut off at its end. */
  #add(problem: SqlProblem): void {
    const list = problem.severity === 'error' ? this.#errors : this.#warnings;
    if (list.length < MAX_PROBLEMS) {
      list.push(problem);
    }
  }

  /** UTF-8 bytes before an offset, counted onwards from the last one asked for. */
  #bytesBefore(offset: number): number {
    const passed = this.#sql.slice(this.#counted.offset, offset);
    const bytes = this.#counted.bytes + Buffer.byteLength(passed, 'utf8');
    this.#counted = { offset, bytes };
    return bytes;
  }

  async #breathe(): Promise<void> {
    if (performance.now() - this.#breathed > BREATH_MS) {
      await breathe();
      this.#breathed = performance.now();
    }
  }
}

function controlOf(head: string[]): ScriptStatement['control'] {
  if (isBegin(head)) {
    return 'begin';
  }
  return isCommit(head) ? 'commit' : undefined;
}

/** Splits, classifies and checks a script without any database. */
export async function planScript(request: PlanRequest): Promise<PlanResult> {
  const bytes = await utf8Of(request.sql);
  return new ScriptPlanner(request, bytes).plan();
}
