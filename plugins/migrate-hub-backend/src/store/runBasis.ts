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

/** What the rules ask of the records about one run, but for targets and what never changes. */
export interface RunBasis {
  run: RunRecord;
  migration: MigrationRecord;
  /** All decisions on it, oldest first. */
  approvals: ApprovalRecord[];
  /** Who has to do with it, by id. */
  users: Map<string, UserRecord>;
  /** As it is stored: not checked. */
  environmentPolicy: StoredEnvironmentPolicy;
}

/** Whether {@link RunBasis} is what it was. */
export interface RunBasisState {
  /** Another text after any change of one of its rows, by whomever. */
  stamp: string;
  /** The database's clock. */
  now: Date;
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
  runId: string,
): Promise<RunBasis | undefined> {
  const [run, migration, approvals, users, environmentPolicy] = await together(
    tx,
    [
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
    ],
  );
  if (!run || !migration || !environmentPolicy) return undefined;
  return { run, migration, approvals, users, environmentPolicy };
}

/**
 * Where a row stands and by which transaction: no two versions of it have both
 * in common, unless the server crashed in between and gives out a number again:
 * so its start belongs to a stamp, too.
 * https://www.postgresql.org/docs/current/ddl-system-columns.html
 */
const version = (alias: string) => `${alias}.xmin || ':' || ${alias}.ctid`;

/** What {@link readRunBasis} reads, as stamps of its rows; `:runId` is the run. */
const STAMP = `
  select concat_ws(' ', pg_postmaster_start_time(),
      ${version('r')}, ${version('m')}, ${version('p')},
      coalesce(${version('e')}, '-'),
      (select string_agg(${version('a')}, ',' order by a.id)
         from approvals a where a.run_id = r.id),
      (select string_agg(${version('u')}, ',' order by u.id)
         from users u where u.id in (${PEOPLE}))) as stamp,
    now() as now
  from runs r
    join migrations m on m.id = r.migration_id
    join projects p on p.id = m.project_id
    left join environment_policies e on e.environment = r.environment
  where r.id = :runId`;

/** With the targets in question, as they are now: each item asks for another. */
export async function readRunBasisState(
  tx: Tx,
  ask: { runId: string; targetIds: string[] },
): Promise<{ state: RunBasisState | undefined; targets: DbTargetRecord[] }> {
  const state = {
    query: tx.raw(STAMP, { runId: ask.runId }),
    read: ([row]: RunBasisState[]): RunBasisState | undefined => row,
  };
  // Conditions of a claim ask for none.
  if (ask.targetIds.length === 0) {
    const [found] = await together(tx, [state]);
    return { state: found, targets: [] };
  }
  const [found, targets] = await together(tx, [
    state,
    targetsByIds(tx, ask.targetIds),
  ]);
  return { state: found, targets };
}
