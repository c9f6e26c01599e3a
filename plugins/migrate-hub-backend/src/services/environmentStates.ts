import { Knex } from 'knex';
import { hasQuorum } from '../domain/approvals';
import { deriveEnvironmentState } from '../domain/environmentState';
import { RunRecord } from '../domain/types';
import { holdingsOf } from '../store/holdings';
import { findMigration, findVersion, saveState } from '../store/migrations';
import { newestApplyRun,
  newestExecutedRun,
  targetsOfMigration } from '../store/runs';
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
  const migration = await findMigration(tx, at.migrationId);
  const version =
    migration && (await findVersion(tx, migration.id, migration.version));
  if (!migration || !version) throw new Error(`no migration ${at.migrationId}`);

  const newest = await newestApplyRun(tx, at);
  const executed = await newestExecutedRun(tx, at);
  const rolledBack =
    executed?.type === 'rollback' &&
    executed.finishedAt !== undefined &&
    newest !== undefined &&
    executed.finishedAt > newest.createdAt;
  const run = rolledBack || newest?.status === 'executed' ? undefined : newest;

  const holdings = await holdingsOf(tx, at.migrationId, at.environment);
  const derived = deriveEnvironmentState({
    currentChecksumUp: version.checksumUp,
    targets: await targetsOfMigration(tx, at),
    holdings: holdings.flatMap(({ targetId, checksumUp }) =>
      checksumUp ? [{ targetId, checksumUp }] : [],
    ),
    openApplyRun: run && {
      status: run.status,
      reapproval: run.reapproval,
      validApproval: await isApproved(tx, facts, run),
    },
    lastRollbackExecuted: executed?.type === 'rollback',
  });
  await saveState(tx, {
    migrationId: at.migrationId,
    environment: at.environment,
    ...derived,
  });
}

/** Only a failed run can have lost its approval since: the others could not be where they are. */
async function isApproved(
  tx: Knex.Transaction,
  facts: RunFactsReader,
  run: RunRecord,
): Promise<boolean> {
  if (run.status !== 'failed') {
    return ['approved', 'queued', 'running'].includes(run.status);
  }
  const { judgement, migration, revision } = await facts.read(tx, run);
  return hasQuorum(judgement) && migration.version === revision.version;
}
