import {
  EnvironmentState,
  RunStatus,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { isOpen } from './runStates';

/** An apply run that is open or failed. */
export interface ApplyRunFacts {
  status: RunStatus;
  reapproval: boolean;
  /** Quorum now; for a failed run also: not superseded by an edit. */
  validApproval: boolean;
}

/** What {@link deriveEnvironmentState} needs to know of a migration in one environment. */
export interface EnvironmentFacts {
  /** checksum_up of the migration's current version. */
  currentChecksumUp: string;
  /** All targets of the DB sets of all its runs here; a target counts once. */
  targets: readonly { id: string; enabled: boolean }[];
  /**
   * What each target holds now by our records: the `checksumUp` of its last
   * apply item that was executed or skipped, unless a rollback item was executed
   * or skipped there since.
   */
  holdings: readonly { targetId: string; checksumUp: string }[];
  /**
   * The latest apply run that was not denied and not canceled, if it is open or
   * failed, and if no rollback was executed after it. Where several are open
   * (one for each engine): their {@link mostPressing}.
   */
  openApplyRun?: ApplyRunFacts;
  /** Of the runs here that ended as `executed`, the last one is a rollback. */
  lastRollbackExecuted: boolean;
}

/**
 * Where a migration stands in one environment, derived from what is known now.
 *
 * @remarks
 * The first line that fits:
 *
 * | # | facts | state |
 * |---|---|---|
 * | 1 | apply run awaits approval, one was voided | `needs_reapproval` |
 * | 2 | apply run awaits approval | `awaiting_approve` |
 * | 3 | apply run approved, approvals no longer valid | `needs_reapproval` |
 * | 4 | apply run approved, queued or running | `approved` |
 * | 5 | there are enabled targets and each holds the current SQL | `executed` |
 * | 6 | last apply run failed, approval still valid: it can be retried | `approved` |
 * | 7 | last apply run failed, approval void | `needs_reapproval` |
 * | 8 | an enabled target holds other SQL of this migration | `needs_reapproval` |
 * | 9 | the last executed run is a rollback | `rollbacked` |
 * | 10 | some enabled targets hold the current SQL, nothing is under way | `needs_reapproval` |
 * | 11 | nothing of it is here | `draft` |
 *
 * Denied runs and runs canceled before the start are not among the facts: the
 * state is then what it was before. So are open rollback runs. Line 5 stands
 * before the failures because a repeated run that failed takes nothing away
 * from what is there. Line 10 is a subset that was run first, a canceled run, a
 * rollback that stopped half-way, a target added later: what is missing needs a
 * new request; `draft` would say that nothing is there. Without an enabled
 * target nothing is ever `executed`, so that disabling all of `stg` does not
 * open `prd`.
 */
export function deriveEnvironmentState(facts: EnvironmentFacts): {
  state: EnvironmentState;
  executed: number;
  total: number;
} {
  const held = new Map(
    facts.holdings.map(holding => [holding.targetId, holding.checksumUp]),
  );
  const enabled = new Set(
    facts.targets.filter(target => target.enabled).map(({ id }) => id),
  );
  let executed = 0;
  let other = 0;
  for (const id of enabled) {
    const checksum = held.get(id);
    if (checksum === facts.currentChecksumUp) executed += 1;
    else if (checksum !== undefined) other += 1;
  }
  const total = enabled.size;
  return { state: stateOf(facts, { executed, other, total }), executed, total };
}

function stateOf(
  facts: EnvironmentFacts,
  counts: { executed: number; other: number; total: number },
): EnvironmentState {
  const run = facts.openApplyRun;
  switch (run?.status) {
    case 'awaiting_approval':
      return run.reapproval ? 'needs_reapproval' : 'awaiting_approve';
    case 'approved':
      return run.validApproval ? 'approved' : 'needs_reapproval';
    case 'queued':
    case 'running':
      return 'approved';
    default:
  }
  if (counts.total > 0 && counts.executed === counts.total) return 'executed';
  if (run?.status === 'failed') {
    return run.validApproval ? 'approved' : 'needs_reapproval';
  }
  if (counts.other > 0) return 'needs_reapproval';
  if (facts.lastRollbackExecuted) return 'rollbacked';
  return counts.executed > 0 ? 'needs_reapproval' : 'draft';
}

/** Lines 6 and 7: what failed there last has neither been retried with success nor undone. */
export function standsFailed(record: {
  state: EnvironmentState;
  lastApplyRun?: RunStatus;
}): boolean {
  const open =
    record.state === 'approved' || record.state === 'needs_reapproval';
  return open && record.lastApplyRun === 'failed';
}

function urgency(run: ApplyRunFacts): number {
  if (run.status === 'awaiting_approval') return run.reapproval ? 4 : 3;
  if (run.status === 'approved' && !run.validApproval) return 4;
  return isOpen(run.status) ? 2 : 1;
}

/** Of several apply runs the one that decides the state: who waits for a person comes first. */
export function mostPressing(
  runs: readonly ApplyRunFacts[],
): ApplyRunFacts | undefined {
  return runs.reduce<ApplyRunFacts | undefined>(
    (first, run) => (first && urgency(first) >= urgency(run) ? first : run),
    undefined,
  );
}
