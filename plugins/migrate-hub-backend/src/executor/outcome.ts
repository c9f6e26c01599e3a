import { Outcome } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { StopReason } from './ItemAttempt';

/**
 * What is not known about the target when an attempt ends early.
 *
 * - `none`: everything is known
 * - `side_effects`: a statement failed for certain, but may have left something
 *   behind (an invalid index, rows of a non-transactional table)
 * - `statement`: a statement outside a transaction was sent, and no answer or no
 *   mark of it in the ledger
 * - `commit`: COMMIT was sent and no answer came
 */
export type Doubt = 'none' | 'side_effects' | 'statement' | 'commit';

/** What an attempt knows of its target at its end. */
export interface Facts {
  /** History row and finished ledger row are durable: it is completely applied (or undone). */
  recorded: boolean;
  /** So many statements are durable for certain. */
  durable: number;
  doubt: Doubt;
}

/**
 * What the database really did.
 *
 * | recorded | doubt        | durable = 0   | durable > 0         |
 * |----------|--------------|---------------|---------------------|
 * | yes      | any          | `applied`     | `applied`           |
 * | no       | none         | `not_applied` | `partially_applied` |
 * | no       | side_effects | `unknown`     | `partially_applied` |
 * | no       | statement    | `unknown`     | `unknown`           |
 * | no       | commit       | `unknown`     | `unknown`           |
 *
 * A failed statement with side effects after durable ones is partial whatever
 * it left: it is not all, and not nothing. A lost answer to the last statement
 * or to a COMMIT could mean that everything is there, so it stays unknown.
 */
export function outcomeOf(facts: Facts): Outcome {
  if (facts.recorded) return 'applied';
  const nothing = facts.durable === 0;
  switch (facts.doubt) {
    case 'none':
      return nothing ? 'not_applied' : 'partially_applied';
    case 'side_effects':
      return nothing ? 'unknown' : 'partially_applied';
    default:
      return 'unknown';
  }
}

/**
 * The status that goes with an outcome.
 *
 * `canceled` is said only where nothing was applied; a cancel that came too late
 * is `executed`, one that came in the middle is `failed` with what happened.
 */
export function statusOf(
  outcome: Outcome,
  stopReason: StopReason | undefined,
): 'executed' | 'failed' | 'canceled' {
  if (outcome === 'applied') return 'executed';
  if (outcome === 'not_applied' && stopReason === 'canceled') return 'canceled';
  return 'failed';
}

/**
 * Must a new session look at the target before the outcome can be told, or to
 * close a ledger row that would block everybody after us?
 *
 * @remarks
 * For a statement in doubt the ledger may know more: its mark can be durable
 * though the answer was lost.
 *
 * @param ledgerOpen - an unfinished ledger row of ours may be there
 */
export function needsSettlement(facts: Facts, ledgerOpen: boolean): boolean {
  if (facts.recorded) return false;
  if (facts.doubt === 'commit' || facts.doubt === 'statement') return true;
  return ledgerOpen && outcomeOf(facts) === 'not_applied';
}
