import {
  SqlProblem,
  TransactionMode,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Plan, PlanUnit } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Classification } from './classify';

/** A statement where it stands in the script; `index` is absent for BEGIN and COMMIT, which are never sent. */
export interface ScriptStatement extends Classification {
  line: number;
  index?: number;
}

interface Placed {
  statement: ScriptStatement & { index: number };
  /** Which BEGIN … COMMIT it stands in, counted from 1; undefined outside. */
  block?: number;
}

export interface Arrangement {
  mode: Plan['mode'];
  units: PlanUnit[];
  problems: SqlProblem[];
}

/** Decides what is atomic with what, and refuses what cannot be as asked. */
export function arrange(
  script: ScriptStatement[],
  mode: TransactionMode,
): Arrangement {
  const problems: SqlProblem[] = [];
  const { placed, blocks } = placeInBlocks(script, problems);
  const around =
    blocks === 1 && placed.every(({ block }) => block !== undefined);
  if (blocks > 0 && !around && mode === 'single_transaction') {
    const begin = script.find(({ control }) => control === 'begin');
    problems.push({
      code: 'TRANSACTION_CONTROL',
      severity: 'error',
      line: begin?.line ?? 1,
      message:
        'BEGIN … COMMIT around a part of the script contradicts the one transaction asked for. Take it out, or choose another mode',
    });
  }

  const one =
    mode === 'single_transaction' ||
    (mode === 'auto' &&
      (around ||
        (blocks === 0 &&
          placed.every(({ statement }) => statement.transactional !== 'no'))));
  const grouped = placed.map(({ statement, block }) => ({
    statement,
    group: one ? 1 : block,
  }));
  const units = one ? wholeScript(placed.length) : stepByStep(placed, mode);
  for (const { statement, group } of grouped) {
    problems.push(...problemsOf(statement, { group, mode }));
  }
  if (!one && mode === 'auto' && placed.length > 1) {
    const first = placed.find(
      ({ statement }) => statement.transactional === 'no',
    );
    problems.push({
      code: 'NOT_ATOMIC',
      severity: 'warning',
      line: first?.statement.line ?? placed[0].statement.line,
      message:
        'The script runs statement by statement: a failure leaves what came before in place',
    });
  }
  return { mode: one ? 'single_transaction' : 'stepwise', units, problems };
}

function placeInBlocks(
  script: ScriptStatement[],
  problems: SqlProblem[],
): { placed: Placed[]; blocks: number } {
  const placed: Placed[] = [];
  let blocks = 0;
  let open: ScriptStatement | undefined;
  const refuse = (line: number, message: string) =>
    problems.push({
      code: 'TRANSACTION_CONTROL',
      severity: 'error',
      line,
      message,
    });
  for (const statement of script) {
    const { control, index, line } = statement;
    if (control === 'begin') {
      if (open) {
        refuse(line, 'BEGIN inside a BEGIN … COMMIT block');
      }
      open = statement;
      blocks += 1;
    } else if (control === 'commit') {
      if (!open) {
        refuse(line, 'COMMIT without a BEGIN before it');
      }
      open = undefined;
    } else if (index !== undefined) {
      placed.push({
        statement: { ...statement, index },
        block: open ? blocks : undefined,
      });
    }
  }
  if (open) {
    refuse(open.line, 'BEGIN without a COMMIT after it');
  }
  return { placed, blocks };
}

function wholeScript(length: number): PlanUnit[] {
  return length ? [{ first: 0, last: length - 1, transactional: true }] : [];
}

function stepByStep(placed: Placed[], mode: TransactionMode): PlanUnit[] {
  const units: PlanUnit[] = [];
  let current: number | undefined;
  for (const { statement, block } of placed) {
    const { index, transactional } = statement;
    const unit = units.at(-1);
    if (unit && block !== undefined && block === current) {
      unit.last = index;
    } else {
      // Whoever asks for no transaction means it: what may commit by itself is let.
      const alone =
        transactional === 'no' ||
        (transactional === 'opaque' && mode === 'no_transaction');
      units.push({
        first: index,
        last: index,
        transactional: block !== undefined || !alone,
      });
    }
    current = block;
  }
  return units;
}

function problemsOf(
  statement: Placed['statement'],
  { group, mode }: { group?: number; mode: TransactionMode },
): SqlProblem[] {
  const { index, kind, line, transactional } = statement;
  const problem = (
    code: string,
    severity: SqlProblem['severity'],
    message: string,
  ): SqlProblem => ({ code, severity, line, statementIndex: index, message });

  if (group !== undefined && transactional === 'no') {
    const advice =
      mode === 'single_transaction'
        ? 'Choose auto or no_transaction, or make it a migration of its own'
        : 'Move it out of BEGIN … COMMIT';
    return [
      problem(
        'NOT_TRANSACTIONAL',
        'error',
        `${kind} cannot be in a transaction. ${advice}`,
      ),
    ];
  }
  if (group === undefined && statement.needsTransaction) {
    const sets = kind.startsWith('SET');
    return [
      problem(
        'NEEDS_TRANSACTION',
        sets ? 'warning' : 'error',
        `${kind} has no effect beyond itself outside BEGIN … COMMIT`,
      ),
    ];
  }
  if (transactional === 'opaque' && (kind === 'CALL' || kind === 'DO')) {
    const alone = group === undefined && mode === 'no_transaction';
    return [
      problem(
        'MAY_COMMIT',
        'warning',
        alone
          ? `${kind} may commit in its midst: after a failure it may be half done`
          : `${kind} fails if its body commits (2D000); such a one needs the mode no_transaction`,
      ),
    ];
  }
  return [];
}
