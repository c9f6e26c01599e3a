import { AuditAction } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Tx } from './Database';
import { entityNameOf } from './auditQueries';
import { optional } from './rows';

export interface EnvironmentCounts {
  environment: string;
  executed: number;
  failed: number;
  waiting: number;
}

/**
 * How migrations stand in each environment; `failed` are runs whose targets still need somebody.
 *
 * @remarks relies on environment_states_count, runs_status and runs_migration;
 * looks at a row of an index for each migration and environment
 */
export async function environmentCounts(tx: Tx): Promise<EnvironmentCounts[]> {
  const { rows } = await tx.raw(`
    select environment,
           sum(executed)::int as executed,
           sum(waiting)::int as waiting,
           sum(failed)::int as failed
      from (
        select e.environment,
               count(*) filter (where e.state = 'executed') as executed,
               count(*) filter (where e.state in ('awaiting_approve', 'needs_reapproval')) as waiting,
               0 as failed
          from environment_states e
         group by e.environment
        union all
        select r.environment, 0, 0, count(*)
          from runs r
         where r.status = 'failed'
           and not exists (
             select from runs later
              where later.migration_id = r.migration_id
                and later.environment = r.environment
                and later.created_at > r.created_at)
         group by r.environment
      ) as parts
     group by environment`);
  return rows;
}

export async function totals(tx: Tx): Promise<{
  projects: number;
  migrations: number;
  targets: number;
  openRuns: number;
}> {
  const { rows } = await tx.raw(`
    select (select count(*)::int from projects where archived_at is null) as projects,
           -- Of two indexes, not of the table.
           ((select count(*) from migrations)
            - (select count(*) from migrations where archived_at is not null))::int as migrations,
           (select count(*)::int from db_targets where disabled_at is null) as targets,
           (select count(*)::int from runs
             where status in ('queued', 'awaiting_approval', 'approved', 'running')) as "openRuns"`);
  return rows[0];
}

/** Failed items whose outcome a person has to find out, oldest first. */
export async function unresolvedItems(
  tx: Tx,
  limit: number,
): Promise<{ id: string; runId: string; finishedAt: Date }[]> {
  return tx('run_items')
    .where({ status: 'failed' })
    .whereIn('outcome', ['unknown', 'partially_applied'])
    .orderBy('finished_at')
    .limit(limit)
    .select('id', 'run_id as runId', 'finished_at as finishedAt');
}

/** Runs that an executor found to wait for a person, and since when at the earliest; longest first. */
export async function haltedRuns(
  tx: Tx,
  limit: number,
): Promise<{ id: string; since: Date }[]> {
  const { rows } = await tx.raw(
    `
    select r.id,
           coalesce((select max(i.finished_at) from run_items i where i.run_id = r.id),
                    r.created_at) as since
      from runs r
     where r.status in ('queued', 'running') and r.hold in ('person', 'adoption')
     order by since
     limit ?`,
    [limit],
  );
  return rows;
}

/** Open runs that one admin wants to start against the clock and no other has confirmed, newest wish first. */
export async function brokenGlasses(tx: Tx, limit: number): Promise<string[]> {
  return tx('runs')
    .whereIn('status', ['approved', 'queued', 'running'])
    .whereNotNull('break_glass')
    .whereRaw(`break_glass -> 'confirmed' is null`)
    .orderByRaw(`break_glass ->> 'requestedAt' desc`)
    .limit(limit)
    .pluck('id');
}

export interface Activity {
  at: Date;
  actorId?: string;
  action: AuditAction;
  entityName?: string;
  environment?: string;
  runId?: string;
  migrationKey: string;
  payload: Record<string, unknown>;
}

/** What happened to migrations, newest first. */
export async function recentActivity(
  tx: Tx,
  limit: number,
): Promise<Activity[]> {
  const rows = await tx('audit_events as a')
    .join('migrations as m', 'm.id', 'a.migration_id')
    .orderBy([
      { column: 'a.at', order: 'desc' },
      { column: 'a.id', order: 'desc' },
    ])
    .limit(limit)
    .select(
      'a.at',
      'a.actor_id',
      'a.action',
      'a.environment',
      'a.run_id',
      'a.payload',
      'm.key',
      tx.raw(entityNameOf('a')),
    );
  return rows.map(row => ({
    at: row.at,
    actorId: optional(row.actor_id),
    action: row.action,
    entityName: optional(row.entity_name),
    environment: optional(row.environment),
    runId: optional(row.run_id),
    migrationKey: row.key,
    payload: row.payload,
  }));
}
