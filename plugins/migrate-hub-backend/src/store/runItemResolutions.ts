import { Outcome } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { Evidence, ResumeInstruction, RunItemRecord } from '../domain/types';

/** Of every resolution: whatever an old worker still wants to write finds a newer attempt. */
const resolved = (tx: Knex.Transaction, evidence: Evidence[]) => ({
  attempt: tx.raw('attempt + 1'),
  evidence: tx.raw('evidence || ?::jsonb', [JSON.stringify(evidence)]),
  session: null,
  waiting_for: null,
  current_statement: null,
  current_started_at: null,
  revision: tx.raw('revision + 1'),
});

/** Records what a person said of an item. Call it under the locks of run and items. */
export async function markItem(
  tx: Knex.Transaction,
  id: string,
  mark: {
    status: 'executed' | 'failed';
    outcome: Extract<Outcome, 'applied' | 'not_applied'>;
    statementsDone: number;
    evidence: Evidence[];
  },
): Promise<void> {
  await tx('run_items')
    .where({ id })
    .update({
      ...resolved(tx, mark.evidence),
      status: mark.status,
      outcome: mark.outcome,
      statements_done: mark.statementsDone,
      error: mark.status === 'executed' ? null : undefined,
      resume: null,
      finished_at: tx.fn.now(),
    });
}

/** Hands an item to the executors again, to go on where it stopped. */
export async function resumeItem(
  tx: Knex.Transaction,
  item: Pick<RunItemRecord, 'id' | 'runId'>,
  how: { instruction: ResumeInstruction; evidence: Evidence[] },
): Promise<void> {
  await tx('run_items')
    .where({ id: item.id })
    .update({
      ...resolved(tx, how.evidence),
      open: true,
      status: 'queued',
      claimable: true,
      outcome: null,
      error: null,
      executor_id: null,
      resume: JSON.stringify(how.instruction),
      recoveries: 0,
      queued_at: tx.fn.now(),
      started_at: null,
      finished_at: null,
    });
}
