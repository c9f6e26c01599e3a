import { Knex } from 'knex';
import { nextRunStatus, RunEvent } from '../domain/runStates';
import { RunRecord } from '../domain/types';
import { lockMigration } from '../store/migrations';
import {
  cancelQueuedItems,
  lockRunItems,
  makeItemsClaimable,
} from '../store/runItems';
import { lockRun, updateRun } from '../store/runs';
import { CommandContext } from './context';
import { RunFacts } from './RunFacts';

/** Locks all that a command on a run may change, in the order of every command. */
export async function lockForCommand(
  tx: Knex.Transaction,
  { migrationId, id }: Pick<RunRecord, 'migrationId' | 'id'>,
): Promise<RunRecord> {
  // They leave together, and the server takes them in this order.
  const [, run] = await Promise.all([
    lockMigration(tx, migrationId),
    lockRun(tx, id),
    lockRunItems(tx, id),
  ]);
  if (!run) throw new Error(`no run ${id}`);
  return run;
}

/** What every audit event about a run by a caller has in common. */
export const runAudit = (context: CommandContext, run: RunRecord) => ({
  actorId: context.caller.user.id,
  entityType: 'run' as const,
  entityId: run.id,
  migrationId: run.migrationId,
  runId: run.id,
  environment: run.environment,
  requestId: context.requestId,
});

/**
 * Hands the items of a run to the executors, without those whose target is
 * disabled.
 *
 * @returns ids of the targets that were left out
 */
export async function handToExecutors(
  tx: Knex.Transaction,
  facts: Pick<RunFacts, 'run' | 'targets'>,
  how: {
    event: Extract<RunEvent, 'execute' | 'retry'>;
    executedBy: string;
    scheduledFor?: Date;
  },
): Promise<string[]> {
  const { run } = facts;
  const skipped = facts.targets
    .filter(target => target.disabled || target.parentDisabled)
    .map(target => target.id);
  if (skipped.length > 0) {
    await cancelQueuedItems(tx, {
      runId: run.id,
      targetIds: skipped,
      reason: 'The target is disabled; the rest was executed without it.',
    });
  }
  // They leave together.
  await Promise.all([
    makeItemsClaimable(tx, run.id),
    updateRun(tx, run.id, {
      status: nextRunStatus(run.status, how.event),
      executedBy: how.executedBy,
      queued: true,
      scheduledFor: how.scheduledFor ?? null,
      wake: true,
      ...(how.event === 'retry' && { finished: false, cancelRequested: false }),
    }),
  ]);
  return skipped;
}
