import {
  Outcome,
  RunType,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  HistoryRow,
  LedgerRow,
  TargetErrorCode,
  TargetRecord,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';

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
}

function origin(row: HistoryRow): string {
  const at = row.appliedAt ? ` at ${row.appliedAt}` : '';
  return `by ${row.appliedBy}${at} (run ${row.toolRunId})`;
}

/** What our own earlier attempt says; undefined where it left nothing behind. */
function decideOnOwn(
  own: LedgerRow,
  input: DecideOnRecordInput,
): RecordDecision | undefined {
  if (own.state === 'not_applied') return undefined;
  if (own.state === 'finished') {
    if (own.planHash === input.planHash) {
      return {
        do: 'already',
        message: `An earlier attempt of this run finished on this target (attempt ${own.attempt}); it is not run again.`,
      };
    }
    return {
      do: 'fail',
      code: 'PLAN_MISMATCH',
      outcome: 'unknown',
      message:
        'The ledger on this target says that this run item finished with another plan than the approved one. Nothing was touched; a person has to look.',
    };
  }
  if (own.state === 'started') {
    return {
      do: 'fail',
      code: 'OUTCOME_UNKNOWN',
      outcome: 'unknown',
      statementIndex: own.position,
      message: `An earlier attempt stopped while statement ${
        own.position + 1
      } was under way; whether it took effect is not known. The ${
        own.position
      } before it are in the database. Nothing was touched.`,
    };
  }
  if (own.position === 0) return undefined;
  return {
    do: 'fail',
    code: 'PARTIALLY_APPLIED',
    outcome: 'partially_applied',
    statementIndex: own.position,
    message: `An earlier attempt stopped after ${own.position} ${
      own.position === 1 ? 'statement that is' : 'statements that are'
    } in the database; the next was not begun. Nothing was touched.`,
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
