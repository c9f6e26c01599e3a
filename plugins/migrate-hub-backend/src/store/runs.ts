import {
  HoldKind,
  RunStatus,
  RunType,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { BreakGlass, RunRecord } from '../domain/types';
import { Tx } from './Database';
import { keepPlan } from './keptPlans';
import { optional } from './rows';

/** Times in JSON are text. */
type StoredBreakGlass = Omit<BreakGlass, 'requestedAt' | 'confirmed'> & {
  requestedAt: string;
  confirmed?: Omit<NonNullable<BreakGlass['confirmed']>, 'at'> & { at: string };
};

const toBreakGlass = ({
  requestedAt,
  confirmed,
  ...rest
}: StoredBreakGlass): BreakGlass => ({
  ...rest,
  requestedAt: new Date(requestedAt),
  confirmed: confirmed && { ...confirmed, at: new Date(confirmed.at) },
});

export interface RunRow {
  id: string;
  migration_id: string;
  project_id: string;
  environment: string;
  engine: RunRecord['engine'];
  type: RunType;
  status: RunStatus;
  revision: number;
  reason: string | null;
  reapproval: boolean;
  cancel_requested_at: Date | null;
  scheduled_for: Date | null;
  released_waves: number;
  needs: string[];
  break_glass: StoredBreakGlass | null;
  hold: HoldKind | null;
  requested_by: string;
  executed_by: string | null;
  created_at: Date;
  queued_at: Date | null;
  started_at: Date | null;
  finished_at: Date | null;
}

export const toRun = (row: RunRow): RunRecord => ({
  id: row.id,
  migrationId: row.migration_id,
  projectId: row.project_id,
  environment: row.environment,
  engine: row.engine,
  type: row.type,
  status: row.status,
  revision: row.revision,
  reason: optional(row.reason),
  reapproval: row.reapproval,
  cancelRequestedAt: optional(row.cancel_requested_at),
  scheduledFor: optional(row.scheduled_for),
  releasedWaves: row.released_waves,
  needs: row.needs,
  breakGlass: row.break_glass ? toBreakGlass(row.break_glass) : undefined,
  hold: optional(row.hold),
  requestedBy: row.requested_by,
  executedBy: optional(row.executed_by),
  createdAt: row.created_at,
  queuedAt: optional(row.queued_at),
  startedAt: optional(row.started_at),
  finishedAt: optional(row.finished_at),
});

export async function findRun(
  tx: Tx,
  id: string,
): Promise<RunRecord | undefined> {
  const row = await tx('runs').where({ id }).first();
  return row && toRun(row);
}

/** Second of the locks: after the migration, before the items. */
export async function lockRun(
  tx: Knex.Transaction,
  id: string,
): Promise<RunRecord | undefined> {
  const row = await keepPlan(tx('runs').where({ id }).forNoKeyUpdate().first());
  return row && toRun(row);
}

/** Runs of a migration whose outcome is still open, in a fixed order, locked. */
export async function lockOpenRuns(
  tx: Knex.Transaction,
  migrationId: string,
): Promise<RunRecord[]> {
  const rows = await tx('runs')
    .where({ migration_id: migrationId })
    .whereIn('status', ['awaiting_approval', 'approved', 'queued', 'running'])
    .orderBy('id')
    .forNoKeyUpdate();
  return rows.map(toRun);
}

export async function insertRun(
  tx: Knex.Transaction,
  run: Pick<
    RunRecord,
    | 'id'
    | 'migrationId'
    | 'projectId'
    | 'environment'
    | 'engine'
    | 'type'
    | 'reason'
    | 'requestedBy'
    | 'needs'
  >,
  dbSetIds: string[],
): Promise<void> {
  await tx('runs').insert({
    id: run.id,
    migration_id: run.migrationId,
    project_id: run.projectId,
    environment: run.environment,
    engine: run.engine,
    type: run.type,
    status: 'awaiting_approval',
    revision: 1,
    reason: run.reason,
    requested_by: run.requestedBy,
    needs: run.needs,
  });
  await tx('run_db_sets').insert(
    dbSetIds.map(dbSetId => ({ run_id: run.id, db_set_id: dbSetId })),
  );
  await tx('run_log_heads').insert({ run_id: run.id });
}

/** Undefined leaves a column alone, null clears it. */
export async function updateRun(
  tx: Knex.Transaction,
  id: string,
  change: {
    status?: RunStatus;
    revision?: number;
    reapproval?: boolean;
    executedBy?: string;
    cancelRequested?: boolean;
    queued?: true;
    finished?: boolean;
    needs?: string[];
    /** Null: as soon as it can. */
    scheduledFor?: Date | null;
    releasedWaves?: number;
    breakGlass?: BreakGlass;
    /** Look again at once. */
    wake?: true;
  },
): Promise<void> {
  const finishedAt = change.finished ? tx.fn.now() : null;
  const cancelRequestedAt = change.cancelRequested ? tx.fn.now() : null;
  await tx('runs')
    .where({ id })
    .update({
      status: change.status,
      revision: change.revision,
      reapproval: change.reapproval,
      executed_by: change.executedBy,
      cancel_requested_at:
        change.cancelRequested === undefined ? undefined : cancelRequestedAt,
      queued_at: change.queued && tx.fn.now(),
      finished_at: change.finished === undefined ? undefined : finishedAt,
      needs: change.needs,
      scheduled_for: change.scheduledFor,
      released_waves: change.releasedWaves,
      break_glass: change.breakGlass && JSON.stringify(change.breakGlass),
      hold: change.wake && null,
      claim_after: change.wake && null,
      updated_at: tx.fn.now(),
    });
}
