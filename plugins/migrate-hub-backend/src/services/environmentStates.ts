import { Knex } from 'knex';
import { hasQuorum } from '../domain/approvals';
import {
  ApplyRunFacts,
  deriveEnvironmentState,
  mostPressing,
} from '../domain/environmentState';
import { RunRecord } from '../domain/types';
import { holdingsOf } from '../store/holdings';
import { currentVersion, saveState } from '../store/migrations';
import {
  newestExecutedRun,
  pressingApplyRuns,
  targetsOfMigration,
} from '../store/environmentRuns';
import { RunFactsReader } from './RunFacts';

/**
 * Writes the derived state of a migration in an environment. Call it under the
 * migration's lock, after whatever it depends on was written.
 */
export async function recomputeEnvironmentState(
  tx: Knex.Transaction,
  facts: RunFactsReader,
  at: Pick<RunRecord, 'migrationId' | 'environment'>,
): Promise<void> {
  // All leave together.
  const [version, executed, open, holdings, targets] = await Promise.all([
    currentVersion(tx, at.migrationId),
    newestExecutedRun(tx, at),
    pressingApplyRuns(tx, at),
    holdingsOf(tx, at.migrationId, at.environment),
    targetsOfMigration(tx, at),
  ]);
  if (!version) throw new Error(`no migration ${at.migrationId}`);
  const rolledBackAt =
    executed?.type === 'rollback' ? executed.finishedAt : undefined;
  const pressing: ApplyRunFacts[] = [];
  for (const run of open) {
    // What failed before a rollback was undone with it.
    const undone =
      run.status === 'failed' && rolledBackAt && rolledBackAt > run.createdAt;
    if (undone) continue;
    pressing.push({
      status: run.status,
      reapproval: run.reapproval,
      validApproval: await isApproved(tx, facts, run),
    });
  }

  const derived = deriveEnvironmentState({
    currentChecksumUp: version.checksumUp,
    targets,
    holdings: holdings.flatMap(({ targetId, checksumUp }) =>
      checksumUp ? [{ targetId, checksumUp }] : [],
    ),
    openApplyRun: mostPressing(pressing),
    lastRollbackExecuted: executed?.type === 'rollback',
  });
  await saveState(tx, {
    migrationId: at.migrationId,
    environment: at.environment,
    ...derived,
  });
}

/** A run that is queued or running passed the gate; the others can have lost their approval since. */
async function isApproved(
  tx: Knex.Transaction,
  facts: RunFactsReader,
  run: RunRecord,
): Promise<boolean> {
  if (run.status === 'awaiting_approval') return false;
  if (run.status === 'queued' || run.status === 'running') return true;
  const { judgement, migration, revision } = await facts.read(tx, run);
  return hasQuorum(judgement) && migration.version === revision.version;
}
