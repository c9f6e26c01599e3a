import {
  ItemStatus,
  RunStatus,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { personRefusal, roleRefusal } from './caller';
import { counted, Refusal } from './refusal';
import { RunItemRecord, RunRecord, UserRecord } from './types';

/**
 * What happens to a run.
 *
 * - `approve`: the quorum is reached
 * - `deny`: one valid denial
 * - `revise`: something the digest covers changed, a new revision stands
 * - `lapse`: approvals no longer suffice (expired, approver disabled, policy tightened)
 * - `execute`: somebody asked for execution
 * - `claim`: the first item was claimed
 * - `cancel`: canceled while no item was ever claimed since it was queued
 * - `finishExecuted`, `finishFailed`, `finishCanceled`: the roll-up of its items
 * - `retry`: its unfinished items are queued again under the same approval
 * - `resume`: a person let an unfinished item go on
 */
export type RunEvent =
  | 'approve'
  | 'deny'
  | 'revise'
  | 'lapse'
  | 'execute'
  | 'claim'
  | 'cancel'
  | 'finishExecuted'
  | 'finishFailed'
  | 'finishCanceled'
  | 'retry'
  | 'resume';

/** The state machine of a run: status, event, next status. What is not here cannot happen. */
export const runTransitions: Record<
  RunStatus,
  Partial<Record<RunEvent, RunStatus>>
> = {
  awaiting_approval: {
    approve: 'approved',
    deny: 'denied',
    revise: 'awaiting_approval',
    cancel: 'canceled',
  },
  approved: {
    deny: 'denied',
    revise: 'awaiting_approval',
    lapse: 'awaiting_approval',
    execute: 'queued',
    cancel: 'canceled',
  },
  // Back only while nothing of it was ever claimed: see RunRevisions.lapse.
  queued: {
    claim: 'running',
    cancel: 'canceled',
    lapse: 'awaiting_approval',
  },
  running: {
    finishExecuted: 'executed',
    finishFailed: 'failed',
    finishCanceled: 'canceled',
  },
  denied: {},
  executed: {},
  // A resolved item can make it another roll-up.
  failed: {
    retry: 'queued',
    resume: 'queued',
    finishExecuted: 'executed',
    finishCanceled: 'canceled',
  },
  canceled: { retry: 'queued' },
};

/**
 * What happens to a run item. `requeue` is recovery: nothing was applied and the
 * attempt is given to another worker. `resolve` and `resume` are what a person
 * says of a failed one whose outcome was unclear.
 */
export type ItemEvent =
  | 'claim'
  | 'execute'
  | 'skip'
  | 'fail'
  | 'cancel'
  | 'requeue'
  | 'retry'
  | 'resolve'
  | 'resume';

/** The state machine of a run item. */
export const itemTransitions: Record<
  ItemStatus,
  Partial<Record<ItemEvent, ItemStatus>>
> = {
  queued: { claim: 'running', cancel: 'canceled' },
  running: {
    execute: 'executed',
    skip: 'skipped',
    fail: 'failed',
    cancel: 'canceled',
    requeue: 'queued',
  },
  executed: {},
  skipped: {},
  failed: { retry: 'queued', resolve: 'executed', resume: 'queued' },
  canceled: { retry: 'queued' },
};

/** The status after an event, or undefined if the event cannot happen now. */
export function nextRunStatus(
  status: RunStatus,
  event: RunEvent,
): RunStatus | undefined {
  return runTransitions[status][event];
}

/** The item's status after an event, or undefined if the event cannot happen now. */
export function nextItemStatus(
  status: ItemStatus,
  event: ItemEvent,
): ItemStatus | undefined {
  return itemTransitions[status][event];
}

/** How a run ended, or undefined while an item is queued or running (or there is none). */
export type FinalRunStatus = 'executed' | 'failed' | 'canceled';

/** The event that a roll-up means for its run. */
export const finishEvents: Record<FinalRunStatus, RunEvent> = {
  executed: 'finishExecuted',
  failed: 'finishFailed',
  canceled: 'finishCanceled',
};

/** Any item failed: `failed`; else any canceled: `canceled`; else `executed`. */
export function rollUp(
  counts: Readonly<Record<ItemStatus, number>>,
): FinalRunStatus | undefined {
  const ended =
    counts.executed + counts.skipped + counts.failed + counts.canceled;
  if (counts.queued + counts.running > 0 || ended === 0) return undefined;
  if (counts.failed > 0) return 'failed';
  if (counts.canceled > 0) return 'canceled';
  return 'executed';
}

/** Whether the run may still change its targets without a retry. */
export function isOpen(status: RunStatus): boolean {
  return (
    status === 'awaiting_approval' ||
    status === 'approved' ||
    status === 'queued' ||
    status === 'running'
  );
}

/**
 * Which items a retry queues again: failed and canceled ones of which nothing
 * is in the database.
 *
 * @remarks
 * A canceled item without an outcome was never begun. A failed one without an
 * outcome is unknown.
 */
export function mayRetry(
  items: readonly Pick<RunItemRecord, 'id' | 'status' | 'outcome'>[],
): Refusal | { itemIds: string[] } {
  const busy = items.filter(
    item => item.status === 'queued' || item.status === 'running',
  );
  if (busy.length > 0) {
    return {
      code: 'WRONG_STATE',
      message: `${counted(
        busy.length,
        'target',
      )} of this run still queued or running. Wait for the end, then retry.`,
    };
  }
  const ended = items.filter(
    item => item.status === 'failed' || item.status === 'canceled',
  );
  const unclear = ended.filter(item => {
    if (item.outcome === undefined) return item.status === 'failed';
    return item.outcome === 'unknown' || item.outcome === 'partially_applied';
  });
  if (unclear.length > 0) {
    return {
      code: 'OUTCOME_UNKNOWN',
      message: `On ${counted(
        unclear.length,
        'target',
      )} it is not clear what is in the database, or only a part is. Resolve that first: running the same SQL again could apply it twice.`,
      who: 'managers or admins',
      details: { count: unclear.length, itemIds: unclear.map(({ id }) => id) },
    };
  }
  const itemIds = ended
    .filter(item => item.outcome !== 'applied')
    .map(({ id }) => id);
  if (itemIds.length === 0) {
    return {
      code: 'NOTHING_TO_RETRY',
      message: 'No target of this run failed or was canceled.',
    };
  }
  return { itemIds };
}

/** Whether the caller may cancel a run: its requester, managers and admins. */
export function mayCancel(input: {
  caller: UserRecord;
  viaPlugin?: string;
  allowedPlugins?: readonly string[];
  run: RunRecord;
}): Refusal | undefined {
  const { caller, viaPlugin, allowedPlugins, run } = input;
  const refusal = personRefusal(
    { user: caller, viaPlugin, allowedPlugins },
    'cancel runs',
  );
  if (refusal) return refusal;

  if (caller.id !== run.requestedBy) {
    const notManager = roleRefusal(
      caller,
      'manager',
      'cancel a run that somebody else requested',
    );
    if (notManager) {
      return { ...notManager, who: 'the requester, managers or admins' };
    }
  }
  if (!isOpen(run.status)) {
    return {
      code: 'WRONG_STATE',
      message: `This run is ${run.status}; there is nothing left to cancel.`,
      details: { status: run.status },
    };
  }
  if (run.cancelRequestedAt) {
    return {
      code: 'WRONG_STATE',
      message:
        'This run is being canceled already; targets that are at work stop at the next safe point.',
      details: { status: run.status },
    };
  }
  return undefined;
}
