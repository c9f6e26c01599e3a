import { Knex } from 'knex';
import { BINDING_SCHEME, buildBinding, digestOf } from '../domain/binding';
import { MigrationRecord, RevisionRecord, RunRecord } from '../domain/types';
import { appendAuditEvent } from '../store/audit';
import { findDbTargets } from '../store/dbTargets';
import { itemsOfRun } from '../store/runItems';
import { insertRevision } from '../store/runRevisions';
import { updateRun } from '../store/runs';
import { CommandContext } from './context';
import { RunFactsReader } from './RunFacts';

/** Without a caller it is the hub that acts. */
export type SystemContext = Partial<
  Pick<CommandContext, 'caller' | 'requestId'>
>;

/** What audit events say of a run. */
export const auditOf = (run: RunRecord, context: SystemContext) => ({
  actorId: context.caller?.user.id,
  entityType: 'run' as const,
  entityId: run.id,
  migrationId: run.migrationId,
  runId: run.id,
  environment: run.environment,
  requestId: context.requestId,
});

/** What an open run is to bind from now on, and why. */
interface NextRevision
  extends Pick<RevisionRecord, 'version' | 'planHash' | 'checksum' | 'cause'> {
  run: RunRecord;
  migration: MigrationRecord;
  mode: 'single_transaction' | 'stepwise';
}

/**
 * Gives an open run its next revision, which waits for approval: what was
 * approved of the one before is void. Call it under the locks of migration and run.
 */
export async function reviseRun(
  tx: Knex.Transaction,
  facts: RunFactsReader,
  context: SystemContext,
  next: NextRevision,
): Promise<void> {
  const { run } = next;
  const before = await facts.read(tx, run);
  const items = await itemsOfRun(tx, run.id);
  const targets = await findDbTargets(tx, {
    ids: items.map(item => item.targetId),
  });
  const revision = run.revision + 1;
  const binding = buildBinding({
    runId: run.id,
    type: run.type,
    environment: run.environment,
    revision,
    migrationKey: next.migration.key,
    version: next.version,
    planHash: next.planHash,
    checksum: next.checksum,
    mode: next.mode,
    policy: before.revision.policy,
    notBefore: before.revision.binding.schedule?.notBefore,
    targets,
  });
  const digest = digestOf(binding);
  const userId = context.caller?.user.id;
  await insertRevision(tx, {
    runId: run.id,
    revision,
    migrationId: run.migrationId,
    version: next.version,
    planHash: next.planHash,
    checksum: next.checksum,
    policy: before.revision.policy,
    binding,
    digest,
    cause: next.cause,
    createdBy: userId,
  });
  const voided = before.judgement.judged.filter(
    one => one.counts && one.approval.decision === 'approve',
  );
  await updateRun(tx, run.id, {
    revision,
    status: 'awaiting_approval',
    reapproval: run.reapproval || voided.length > 0,
    needs: [BINDING_SCHEME],
  });
  const audit = auditOf(run, context);
  await appendAuditEvent(tx, {
    ...audit,
    action: 'run.revised',
    payload: {
      revision,
      cause: next.cause,
      digest,
      before: { revision: run.revision, digest: before.revision.digest },
    },
  });
  if (voided.length > 0) {
    await appendAuditEvent(tx, {
      ...audit,
      action: 'approval.invalidated',
      payload: {
        cause: next.cause,
        approvals: voided.map(one => one.approval.id),
        revision,
      },
    });
  }
}
