import {
  ApprovalRecord,
  DbTargetRecord,
  MigrationRecord,
  RunRecord,
  UserRecord,
} from '../domain/types';
import { approvalsOf } from './approvals';
import { Tx } from './Database';
import { targetsByIds } from './dbTargets';
import {
  environmentPolicyOfRun,
  StoredEnvironmentPolicy,
} from './environmentPolicies';
import { migrationOfRun } from './migrations';
import { toRun } from './runs';
import { together } from './together';
import { toUser, userColumns } from './users';

/** What the rules ask of the records about one run, but for what never changes. */
export interface RunBasis {
  run: RunRecord;
  migration: MigrationRecord;
  /** All decisions on it, oldest first. */
  approvals: ApprovalRecord[];
  /** Who has to do with it, by id. */
  users: Map<string, UserRecord>;
  /** As it is stored: not checked. */
  environmentPolicy: StoredEnvironmentPolicy;
  /** Those that were asked for, as they are now. */
  targets: DbTargetRecord[];
}

/** Ids of all whom the rules ask about; `:runId` is the run. */
const PEOPLE = `
  select unnest(array[r.requested_by, r.executed_by,
      (r.break_glass->>'requestedBy')::uuid,
      (r.break_glass->'confirmed'->>'by')::uuid])
    from runs r where r.id = :runId
  union all
  select a.approver_id from approvals a where a.run_id = :runId
  union all
  select v.created_by from runs r
    join run_revisions c on c.run_id = r.id and c.revision = r.revision
    join migration_versions v
      on v.migration_id = c.migration_id and v.version = c.version
   where r.id = :runId`;

/**
 * In one round trip; undefined if there is no such run.
 *
 * @remarks each of the answers is found by a primary key or the index of a run
 */
export async function readRunBasis(
  tx: Tx,
  ask: { runId: string; targetIds: string[] },
): Promise<RunBasis | undefined> {
  const { runId, targetIds } = ask;
  const [run, migration, approvals, users, environmentPolicy, targets] =
    await together(tx, [
      {
        query: tx('runs').where({ id: runId }),
        read: ([row]: Parameters<typeof toRun>[0][]) => row && toRun(row),
      },
      migrationOfRun(tx, runId),
      approvalsOf(tx, [runId]),
      {
        query: tx('users as u')
          .whereRaw(`u.id in (${PEOPLE})`, { runId })
          .select(userColumns('u')),
        read: (rows: Parameters<typeof toUser>[0][]) =>
          new Map(rows.map(row => [row.id, toUser(row)])),
      },
      environmentPolicyOfRun(tx, runId),
      targetsByIds(tx, targetIds),
    ]);
  if (!run || !migration || !environmentPolicy) return undefined;
  return { run, migration, approvals, users, environmentPolicy, targets };
}
