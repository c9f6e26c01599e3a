import { Knex } from 'knex';
import { rollUp } from '../domain/runStates';
import { RunRecord } from '../domain/types';
import { appendAuditEvent } from '../store/audit';
import { isStateFresh } from '../store/migrations';
import { closeItems } from '../store/runItems';
import { itemCounts } from '../store/runLists';
import { hasUnendedItems } from '../store/runProgress';
import { updateRun } from '../store/runs';
import { recomputeEnvironmentState } from './environmentStates';
import { RunFactsReader } from './RunFacts';

/**
 * Ends a run whose items have all ended, and brings the state of its
 * environment up to date either way. Call it under the locks of migration, run
 * and items: only then is "was it the last item" true for one caller alone.
 *
 * @returns the final status, or undefined while the run goes on
 */
export async function settleRun(
  tx: Knex.Transaction,
  facts: RunFactsReader,
  options: {
    run: RunRecord;
    actorId?: string;
    requestId?: string;
    /** Items are known to be left that have not ended. */
    areLeft?: boolean;
    /** One of many items: a state that is a second old is young enough until the end. */
    coalesce?: true;
  },
): Promise<'executed' | 'failed' | 'canceled' | undefined> {
  const { run } = options;
  const counts =
    options.areLeft || (await hasUnendedItems(tx, run.id))
      ? undefined
      : (await itemCounts(tx, [run.id]))(run.id);
  const status = counts && rollUp(counts);
  if (status && status !== run.status) {
    await updateRun(tx, run.id, { status, finished: true });
    await closeItems(tx, run.id);
    await appendAuditEvent(tx, {
      actorId: options.actorId,
      action: status === 'canceled' ? 'run.canceled' : 'run.finished',
      entityType: 'run',
      entityId: run.id,
      migrationId: run.migrationId,
      runId: run.id,
      environment: run.environment,
      requestId: options.requestId,
      payload: { type: run.type, status, items: { ...counts } },
    });
  }
  const fresh = !status && options.coalesce && (await isStateFresh(tx, run));
  if (!fresh) await recomputeEnvironmentState(tx, facts, run);
  return status;
}
