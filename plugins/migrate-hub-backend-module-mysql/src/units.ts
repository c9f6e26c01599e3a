import {
  SqlProblem,
  Transactional,
  TransactionMode,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Plan, PlanUnit } from '@migrate-hub/backstage-plugin-migrate-hub-node';

/** A statement where it stands; BEGIN and COMMIT have a `control` and no index, for they are never sent. */
export interface ScriptStatement {
  line: number;
  kind: string;
  transactional: Transactional;
  control?: 'begin' | 'commit';
  index?: number;
}

interface Placed {
  index: number;
  line: number;
  kind: string;
  transactional: Transactional;
  /** Which BEGIN … COMMIT it stands in, counted from 1. */
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
  const { placed, blocks, problems } = placeInBlocks(script);
  const around = blocks === 1 && placed.every(({ block }) => block);
  const begin = script.find(({ control }) => control === 'begin');
  if (begin && !around && mode === 'single_transaction') {
    problems.push({
      code: 'TRANSACTION_CONTROL',
      severity: 'error',
      line: begin.line,
      message:
        'BEGIN … COMMIT around a part of the script contradicts the one transaction asked for. Take it out, or choose another mode',
    });
  }
  const allAllowed = placed.every(
    ({ transactional }) => transactional === 'yes',
  );
  const isOne =
    mode === 'single_transaction' ||
    (mode === 'auto' && (around || (blocks === 0 && allAllowed)));
  const units = isOne ? wholeScript(placed) : stepByStep(placed);
  for (const statement of placed) {
    const inTransaction = isOne || statement.block !== undefined;
    const problem = problemOf(statement, { inTransaction, mode });
    if (problem) {
      problems.push(problem);
    }
  }
  if (!isOne && mode === 'auto' && units.length > 1) {
    problems.push(notAtomic(placed));
  }
  return { mode: isOne ? 'single_transaction' : 'stepwise', units, problems };
}

function placeInBlocks(script: ScriptStatement[]): {
  placed: Placed[];
  blocks: number;
  problems: SqlProblem[];
} {
  const placed: Placed[] = [];
  const problems: SqlProblem[] = [];
  let blocks = 0;
  let open: ScriptStatement | undefined;
  const refuse = (line: number, message: string) => {
    problems.push({
      code: 'TRANSACTION_CONTROL',
      severity: 'error',
      line,
      message,
    });
  };
  for (const statement of script) {
    const { control, index, line, kind, transactional } = statement;
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
      const block = open ? blocks : undefined;
      placed.push({ index, line, kind, transactional, block });
    }
  }
  if (open) {
    refuse(open.line, 'BEGIN without a COMMIT after it');
  }
  return { placed, blocks, problems };
}

function wholeScript(placed: Placed[]): PlanUnit[] {
  return placed.length > 0
    ? [{ first: 0, last: placed.length - 1, transactional: true }]
    : [];
}

function stepByStep(placed: Placed[]): PlanUnit[] {
  const units: PlanUnit[] = [];
  let current: number | undefined;
  for (const { index, block, transactional } of placed) {
    const unit = units.at(-1);
    if (unit && block !== undefined && block === current) {
      unit.last = index;
    } else {
      const together = block !== undefined || transactional === 'yes';
      units.push({ first: index, last: index, transactional: together });
    }
    current = block;
  }
  return units;
}

function problemOf(
  { index, kind, line, transactional }: Placed,
  { inTransaction, mode }: { inTransaction: boolean; mode: TransactionMode },
): SqlProblem | undefined {
  const problem = { statementIndex: index, line };
  if (inTransaction && transactional !== 'yes') {
    const advice =
      mode === 'single_transaction'
        ? 'Choose auto or no_transaction'
        : 'Move it out of BEGIN … COMMIT';
    return {
      ...problem,
      code: 'NOT_TRANSACTIONAL',
      severity: 'error',
      message: `${kind} ${
        transactional === 'no' ? 'commits' : 'may commit'
      } what stands before it, so it cannot be in a transaction on MySQL. ${advice}`,
    };
  }
  if (!inTransaction && isSavepoint(kind)) {
    return {
      ...problem,
      code: 'NEEDS_TRANSACTION',
      severity: 'error',
      message: `${kind} means nothing where each statement is committed on its own. Put BEGIN … COMMIT around what belongs together`,
    };
  }
  if (transactional === 'opaque') {
    return {
      ...problem,
      code: 'MAY_COMMIT',
      severity: 'warning',
      message: `${kind} may commit in its midst: after a failure it may be half done`,
    };
  }
  return undefined;
}

function isSavepoint(kind: string): boolean {
  return ['SAVEPOINT', 'ROLLBACK TO', 'RELEASE SAVEPOINT'].includes(kind);
}

function notAtomic(placed: Placed[]): SqlProblem {
  const first = placed.find(({ transactional }) => transactional !== 'yes');
  return {
    code: 'NOT_ATOMIC',
    severity: 'warning',
    line: (first ?? placed[0]).line,
    message:
      'The script runs statement by statement: a failure leaves what came before in place',
  };
}
