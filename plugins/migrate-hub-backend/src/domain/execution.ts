import {
  Outcome,
  RunType,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  HistoryRow,
  LedgerRow,
  PlannedStatement,
  TargetErrorCode,
  TargetRecord,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Failover, failoverText } from './failover';
import { ResumeInstruction } from './types';

/** Why a run item failed, where the hub and not the server says so. */
export const runItemErrorCodes = [
  /** Another run item began here and nobody knows or settled how far it came. */
  'UNFINISHED_ON_TARGET',
  /** The history row is of another version. */
  'CHECKSUM_MISMATCH',
  /** The ledger row of this item is of another plan. */
  'PLAN_MISMATCH',
  /** An earlier attempt stopped after some statements. */
  'PARTIALLY_APPLIED',
  /** An earlier attempt stopped while a statement was under way. */
  'OUTCOME_UNKNOWN',
  /** The server that answers is not the one that was approved. */
  'SERVER_CHANGED',
  /** The gate closed between claim and start. */
  'GATE_CLOSED',
  /** The bytes to send do not have the hash that was approved. */
  'SQL_CHANGED',
  /** The stored password cannot be decrypted. */
  'SECRET_UNREADABLE',
  /** The address or account of the target is not what was approved. */
  'TARGET_CHANGED',
  /** Executors fell silent with this item again and again. */
  'TOO_MANY_ATTEMPTS',
  /** The executor was shut down or lost the item before it was through. */
  'INTERRUPTED',
  /** A fault of the hub. */
  'INTERNAL',
] as const;

/** `error.code` of a run item. */
export type RunItemErrorCode =
  | (typeof runItemErrorCodes)[number]
  | TargetErrorCode;

/** What to do with a target after reading its record under the lock. */
export type RecordDecision =
  /** Nothing of it is here: execute from the first statement. */
  | { do: 'execute' }
  /** The statements before `from` are here: go on there. `redo`: whether that one is here too is in doubt. */
  | { do: 'resume'; from: number; redo?: true; message: string }
  /** There is nothing to do, and not because of us: `skipped`. */
  | { do: 'skip'; message: string }
  /** An earlier attempt of this very item finished: `executed`, outcome `applied`, never again. */
  | { do: 'already'; message: string }
  | {
      do: 'fail';
      code: RunItemErrorCode;
      message: string;
      outcome: Outcome;
      statementIndex?: number;
    };

/** Input of {@link decideOnRecord}. */
export interface DecideOnRecordInput {
  type: RunType;
  record: TargetRecord;
  /** checksum_up of the bound version, also for a rollback. */
  boundChecksumUp: string;
  runItemId: string;
  planHash: string;
  /** Of the plan. */
  statements: readonly PlannedStatement[];
  /** What the server proves of the statement in doubt. */
  proof?: 'applied' | 'not_applied';
  /** What a person decided. */
  resume?: ResumeInstruction;
  /** The timelines of the earlier attempt's server and of this one, where they differ. */
  failover?: Failover;
}

function origin(row: HistoryRow): string {
  const at = row.appliedAt ? ` at ${row.appliedAt}` : '';
  return `by ${row.appliedBy}${at} (run ${row.toolRunId})`;
}

/**
 * The statement before `position` whose traces in the session cannot be made
 * again: what comes after it must not run in another session.
 */
export function unrepeatable(
  statements: readonly PlannedStatement[],
  position: number,
): number | undefined {
  const index = statements
    .slice(0, position)
    .findIndex(statement => statement.leaves === 'other');
  return index < 0 ? undefined : index;
}

/** What a person decided about exactly this ledger row. */
function decided(
  own: LedgerRow,
  { resume }: DecideOnRecordInput,
): ResumeInstruction | undefined {
  const same =
    resume?.ledger.attempt === own.attempt &&
    resume.ledger.position === own.position &&
    resume.ledger.state === own.state;
  return same ? resume : undefined;
}

function goOn(
  input: DecideOnRecordInput,
  from: number,
  how: { message: string; redo?: true },
): RecordDecision {
  const total = input.statements.length;
  // With all statements done only our own record is missing: any session can write it.
  const stuck = from < total ? unrepeatable(input.statements, from) : undefined;
  if (stuck === undefined) return { do: 'resume', from, ...how };
  return {
    do: 'fail',
    code: 'PARTIALLY_APPLIED',
    outcome: how.redo ? 'unknown' : 'partially_applied',
    statementIndex: from,
    message: `${how.message} It cannot go on by itself: statement ${
      stuck + 1
    } left something in the session that a new one does not have.`,
  };
}

function decideOnStarted(
  own: LedgerRow,
  input: DecideOnRecordInput,
): RecordDecision | undefined {
  const { position } = own;
  const doubtful = `Statement ${
    position + 1
  } was under way when an earlier attempt stopped`;
  const resume = decided(own, input);
  if (resume?.doubtful === 'skip') {
    return goOn(input, position + 1, {
      message: `${doubtful}; a person decided that it is done.`,
    });
  }
  if (resume?.doubtful === 'redo') {
    return goOn(input, position, {
      message: `${doubtful}; a person decided to do it again.`,
      redo: true,
    });
  }
  if (input.proof === 'applied') {
    return goOn(input, position + 1, {
      message: `${doubtful}; the server proves that it took effect.`,
    });
  }
  if (input.proof === 'not_applied') {
    if (position === 0) return undefined;
    return goOn(input, position, {
      message: `${doubtful}; the server proves that it did not take effect.`,
    });
  }
  const { kind, line } = input.statements[position] ?? {};
  const named = kind ? ` (${kind}, line ${line})` : '';
  return {
    do: 'fail',
    code: 'OUTCOME_UNKNOWN',
    outcome: 'unknown',
    statementIndex: position,
    message: `An earlier attempt stopped while statement ${
      position + 1
    }${named} was under way; whether it took effect is not known. The ${position} before it are in the database. Nothing was touched.`,
  };
}

/** What our own earlier attempt says; undefined where it left nothing behind. */
function decideOnOwn(
  own: LedgerRow,
  input: DecideOnRecordInput,
): RecordDecision | undefined {
  const begun = own.state !== 'running' || own.position > 0;
  if (own.state === 'not_applied' || !begun) return undefined;
  if (own.planHash !== input.planHash) {
    return {
      do: 'fail',
      code: 'PLAN_MISMATCH',
      outcome: 'unknown',
      message:
        'The ledger on this target says that this run item began or finished with another plan than the approved one. Nothing was touched; a person has to look.',
    };
  }
  if (own.state === 'finished') {
    return {
      do: 'already',
      message: `An earlier attempt of this run finished on this target (attempt ${own.attempt}); it is not run again.`,
    };
  }
  if (own.state === 'started') return decideOnStarted(own, input);
  const { position } = own;
  const done = `${position} ${
    position === 1 ? 'statement that is' : 'statements that are'
  } in the database`;
  if (position === input.statements.length) {
    return goOn(input, position, {
      message: `An earlier attempt stopped after ${done}: all of them. Only the record is missing.`,
    });
  }
  if (decided(own, input)) {
    return goOn(input, position, {
      message: `A person decided to go on after ${done}.`,
    });
  }
  return {
    do: 'fail',
    code: 'PARTIALLY_APPLIED',
    outcome: 'partially_applied',
    statementIndex: position,
    message: `An earlier attempt stopped after ${done}; the next was not begun. Nothing was touched.`,
  };
}

function decideOnHistory(input: DecideOnRecordInput): RecordDecision {
  const { type, record, boundChecksumUp } = input;
  const row = record.history;
  if (!row) {
    if (type === 'apply') return { do: 'execute' };
    return {
      do: 'skip',
      message:
        'This migration is not applied on this target, so there is nothing to roll back.',
    };
  }
  if (row.checksumUp !== boundChecksumUp) {
    return {
      do: 'fail',
      code: 'CHECKSUM_MISMATCH',
      outcome: 'not_applied',
      message: `This target holds another version of this migration: checksum ${
        row.checksumUp
      }, applied ${origin(row)}; this run is bound to ${boundChecksumUp}. ${
        type === 'apply'
          ? 'Roll that version back first, or make a new migration.'
          : 'Request a rollback of that version.'
      } Nothing was touched.`,
    };
  }
  if (type === 'rollback') return { do: 'execute' };
  return {
    do: 'skip',
    message: `This version is applied on this target already, ${origin(row)}.`,
  };
}

function decideAfterFailover(
  failover: Failover,
  { record: { own }, statements }: DecideOnRecordInput,
): RecordDecision {
  const statementIndex = Math.min(
    own?.position ?? 0,
    Math.max(statements.length - 1, 0),
  );
  return {
    do: 'fail',
    code: 'OUTCOME_UNKNOWN',
    outcome: 'unknown',
    statementIndex,
    message: `An earlier attempt was at work on this target. ${failoverText(
      failover,
    )} Nothing was touched; a person has to look.`,
  };
}

/**
 * Decides under the lock what a run item does on its target. The record in the
 * target judges, never the hub's memory.
 *
 * @remarks
 * Our own ledger row first, then the unfinished row of another item for the
 * same migration in either direction, then the history row. An item that
 * finished here is not run again even if the history row is gone since: a
 * rollback or a person took it away.
 */
export function decideOnRecord(input: DecideOnRecordInput): RecordDecision {
  const { record, runItemId } = input;
  // A row that says "finished" came with everything it stands for; only what is missing is in doubt.
  if (input.failover && record.own?.state !== 'finished') {
    return decideAfterFailover(input.failover, input);
  }
  const own = record.own ? decideOnOwn(record.own, input) : undefined;
  if (own) return own;

  const { unfinished } = record;
  if (unfinished && unfinished.runItemId !== runItemId) {
    const how =
      unfinished.state === 'started'
        ? `statement ${unfinished.position + 1} was under way`
        : `${unfinished.position} statements were done`;
    return {
      do: 'fail',
      code: 'UNFINISHED_ON_TARGET',
      outcome: 'not_applied',
      message: `Run item ${unfinished.runItemId} of run ${
        unfinished.runId
      } began this migration here (${
        unfinished.direction === 'up' ? 'apply' : 'rollback'
      }) and is not settled: ${how}. Resolve it first. Nothing was touched.`,
    };
  }
  return decideOnHistory(input);
}
