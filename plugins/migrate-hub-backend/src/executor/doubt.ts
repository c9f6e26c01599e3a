import { TargetError } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { ItemAttempt, StopReason } from './ItemAttempt';
import { Doubt } from './outcome';

/**
 * Where the execution is, as far as a failure there matters:
 *
 * - `between`: nothing is under way
 * - `transaction`: a transaction is open, COMMIT was not sent
 * - `commit`: COMMIT is being sent
 * - `single`: a statement outside a transaction was sent
 * - `marking`: its answer came, its mark in the ledger is not written
 */
export type Phase = 'between' | 'transaction' | 'commit' | 'single' | 'marking';

/** Thrown between statements when a worker was told to stop. */
export class Stopped extends Error {
  readonly reason: StopReason;
  constructor(reason: StopReason) {
    super(`stopped: ${reason}`);
    this.reason = reason;
  }
}

/** Asked to stop, either between statements or, by the server, within one. */
export function stopReasonOf(
  error: unknown,
  attempt: ItemAttempt,
): StopReason | undefined {
  if (error instanceof Stopped) return error.reason;
  const canceled = error instanceof TargetError && error.code === 'CANCELED';
  return canceled ? attempt.stopReason : undefined;
}

export const isLost = (error: unknown): boolean =>
  error instanceof TargetError && error.connectionLost;

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** The session is not what it was: the transaction may have been ended from inside. */
const isDamage = (error: TargetError): boolean =>
  error.code === 'SESSION_DAMAGED';

const leavesTraces = (error: TargetError): boolean =>
  error.mayHaveSideEffects || isDamage(error);

/** What a failure in a phase leaves unknown. */
export function doubtAfter(error: unknown, phase: Phase): Doubt {
  if (error instanceof Stopped) return 'none';
  const target = error instanceof TargetError ? error : undefined;
  switch (phase) {
    case 'between':
      return 'none';
    case 'transaction':
      return target && leavesTraces(target) ? 'side_effects' : 'none';
    case 'commit':
      if (!target || target.commitInDoubt) return 'commit';
      return leavesTraces(target) ? 'side_effects' : 'none';
    case 'single':
      // Only a plain refusal of the server is certain.
      if (!target || target.connectionLost || isDamage(target)) {
        return 'statement';
      }
      return target.mayHaveSideEffects ? 'side_effects' : 'none';
    default:
      // Answered, but in whatever state the session was: the ledger judges, and
      // it says `started`.
      return 'statement';
  }
}
