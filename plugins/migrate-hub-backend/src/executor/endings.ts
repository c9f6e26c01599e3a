import {
  Outcome,
  RunItemError,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  Plan,
  TargetError,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import {
  RecordDecision,
  RunItemErrorCode,
  unrepeatable,
} from '../domain/execution';
import { Refusal } from '../domain/refusal';
import { ResumeInstruction } from '../domain/types';
import { ItemResult } from '../store/runItemAttempts';
import { PlanEnd } from './applyPlan';
import { ItemAttempt, StopReason } from './ItemAttempt';
import { ItemFailure } from './ItemFailure';
import { printable } from './ItemLog';
import { Facts, outcomeOf, statusOf } from './outcome';
import { Settlement } from './settle';

/** How the work on an item ended, to be recorded. */
export interface Ending {
  result: ItemResult;
  /** The last words of the log. */
  message: string;
  /** What kept the gate closed. */
  blockers?: Refusal[];
  /** A fault of ours, for the operators. */
  fault?: unknown;
  /**
   * This process ends before anything was done: the item is queued again, or
   * left to be recovered if an earlier attempt may have done something.
   */
  handOver?: 'requeue' | 'leave';
  /** Of an item that is queued again half way: where to go on. */
  resume?: ResumeInstruction;
}

const MESSAGE_BYTES = 4_000;

const STOPPED: Record<StopReason, { code: RunItemErrorCode; message: string }> =
  {
    canceled: { code: 'CANCELED', message: 'Canceled.' },
    shutdown: {
      code: 'INTERRUPTED',
      message: 'The executor was shut down.',
    },
    lost: {
      code: 'INTERRUPTED',
      message: 'Another executor took this item over.',
    },
  };

/**
 * The outcome of an attempt that was broken off outside the execution of its
 * plan: nothing is applied, unless an attempt before it died with the item and
 * the ledger was not read yet, or we failed ourselves after statements were sent.
 */
export const outcomeBefore = (attempt: ItemAttempt): Outcome =>
  attempt.inherits || attempt.executing ? 'unknown' : 'not_applied';

/** Neither the target nor the hub's rules said no: something is wrong with us. */
const faultIn = (error: unknown): unknown =>
  error instanceof TargetError || error instanceof ItemFailure
    ? undefined
    : error;

/** What stopped an attempt that had nothing under way, with what it found. */
export function stopped(
  reason: StopReason,
  at: { outcome: Outcome; done: number },
): Ending {
  return conclude(STOPPED[reason], { ...at, stopReason: reason });
}

/** The ending of an attempt that failed before its first statement. */
export function failed(
  error: unknown,
  at: { outcome: Outcome; attempt: ItemAttempt; done?: number },
): Ending {
  const { stopReason } = at.attempt;
  const outcome =
    (error instanceof ItemFailure ? error.outcome : undefined) ?? at.outcome;
  const why =
    error instanceof TargetError && error.code === 'CANCELED'
      ? stopReason
      : undefined;
  const told = why ? STOPPED[why] : errorOf(error);
  const done = at.done ?? 0;
  const ending = conclude(told, { outcome, stopReason: why, done });
  return {
    ...ending,
    handOver: why === 'shutdown' ? ending.handOver ?? 'leave' : undefined,
    fault: faultIn(error),
  };
}

/** A plan that was executed, to its end or not. */
interface Executed {
  end: PlanEnd;
  settlement?: Settlement;
  attempt: number;
}

/** The ending of an attempt that read the record of its target. */
export function endingOf(
  what:
    | Exclude<RecordDecision, { do: 'execute' | 'resume' }>
    | ({ do: 'executed' } & Executed),
  plan: Plan,
  bytes?: Buffer,
): Ending {
  const total = plan.statements.length;
  switch (what.do) {
    case 'skip':
      return {
        message: what.message,
        result: {
          status: 'skipped',
          outcome: 'not_applied',
          statementsDone: 0,
        },
      };
    case 'already':
      return {
        message: what.message,
        result: {
          status: 'executed',
          outcome: 'applied',
          statementsDone: total,
        },
      };
    case 'fail': {
      const { code, message, outcome, statementIndex } = what;
      const line =
        statementIndex === undefined
          ? undefined
          : plan.statements[statementIndex]?.line;
      return conclude(
        { code, message, statementIndex, line },
        { outcome, done: statementIndex ?? 0 },
      );
    }
    default:
      return executedEnding(what, plan, bytes);
  }
}

/**
 * Where another executor goes on if this one ends half way and everything is
 * known: nothing failed, so no person has to look.
 */
function handedOver(
  { end, settlement, attempt }: Executed,
  plan: Plan,
): Pick<Ending, 'handOver' | 'resume'> {
  const { durable, doubt } = end.facts;
  const clean = end.stopped === 'shutdown' && !settlement && doubt === 'none';
  const repeatable = unrepeatable(plan.statements, durable) === undefined;
  if (!clean || !repeatable || durable === 0) return {};
  const ledger = { attempt, position: durable, state: 'running' as const };
  return { handOver: 'requeue', resume: { ledger } };
}

/** Of what a COMMIT was to make durable whose answer is lost. */
function firstInDoubt({ durable }: Facts, plan: Plan): number | undefined {
  const last = plan.statements.length - 1;
  return last < 0 ? undefined : Math.min(durable, last);
}

const unsettled = (facts: Facts): Outcome =>
  facts.durable > 0 && facts.doubt === 'none' ? 'partially_applied' : 'unknown';

function executedEnding(
  what: Executed,
  plan: Plan,
  bytes: Buffer | undefined,
): Ending {
  const { end, settlement } = what;
  const facts = settlement?.settled ? settlement.facts : end.facts;
  // A ledger row that nobody could close blocks the target: a person has to look.
  const outcome =
    settlement && !settlement.settled ? unsettled(facts) : outcomeOf(facts);
  if (outcome === 'applied') {
    const total = plan.statements.length;
    return {
      message: `Done: ${total} statements, recorded in the target`,
      result: { status: 'executed', outcome, statementsDone: total },
    };
  }
  const statementIndex =
    end.statementIndex ??
    (outcome === 'unknown' ? firstInDoubt(facts, plan) : undefined);
  const why = errorOf(end.error, { statementIndex, plan, bytes });
  // What a statement left behind when it was broken off counts more than who broke it off.
  const leftovers = facts.doubt === 'side_effects' ? ` ${why.message}.` : '';
  const told = end.stopped
    ? {
        ...why,
        code: STOPPED[end.stopped].code,
        message: `${STOPPED[end.stopped].message}${leftovers}`,
      }
    : why;
  const unsure =
    settlement && !settlement.settled
      ? ` The target could not be asked what became of it: ${settlement.reason}`
      : '';
  return {
    ...conclude(
      { ...told, message: `${told.message}${unsure}` },
      { outcome, stopReason: end.stopped, done: facts.durable },
    ),
    fault: end.stopped ? undefined : faultIn(end.error),
    ...handedOver(what, plan),
  };
}

const MEANING: Record<Outcome, string> = {
  applied: 'Everything is applied.',
  not_applied: 'Nothing of it is in the database.',
  partially_applied: 'Only a part of it is in the database.',
  unknown: 'What is in the database is not known.',
};

function conclude(
  error: RunItemError,
  at: { outcome: Outcome; stopReason?: StopReason; done: number },
): Ending {
  const { outcome, stopReason } = at;
  const message = printable(error.message, MESSAGE_BYTES);
  const nothing = outcome === 'not_applied';
  return {
    message: `${message}${/[.!?]$/.test(message) ? '' : '.'} ${
      MEANING[outcome]
    }`,
    result: {
      status: statusOf(outcome, stopReason),
      outcome,
      error: { ...error, message },
      statementsDone: nothing ? 0 : at.done,
    },
    handOver: nothing && stopReason === 'shutdown' ? 'requeue' : undefined,
  };
}

function errorOf(
  error: unknown,
  at?: { statementIndex?: number; plan: Plan; bytes?: Buffer },
): RunItemError {
  const index = at?.statementIndex;
  const statement =
    index === undefined ? undefined : at?.plan.statements[index];
  const where =
    statement && index !== undefined
      ? { statementIndex: index, line: statement.line }
      : {};
  if (error instanceof ItemFailure) {
    return { code: error.code, message: error.message, ...where };
  }
  if (!(error instanceof TargetError)) {
    // A fault of ours: its words may hold anything.
    return { code: 'INTERNAL', message: 'The hub failed.', ...where };
  }
  const { code, sqlState, message, position } = error;
  if (!statement || position === undefined || !at?.bytes) {
    return { code, sqlState, message, ...where };
  }
  const before = at.bytes
    .toString('utf8', statement.start, statement.end)
    .slice(0, position);
  const line = statement.line + before.split('\n').length - 1;
  return { code, sqlState, message, ...where, line };
}
