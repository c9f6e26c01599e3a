import { Knex } from 'knex';

/** What commands change; beside it only events, counters and answers to be repeated are written. */
const STATE = [
  'approvals',
  'db_sets',
  'db_targets',
  'environment_states',
  'migration_versions',
  'migrations',
  'projects',
  'run_db_sets',
  'run_items',
  'run_revisions',
  'runs',
  'sessions',
  'settings',
  'users',
  'webhooks',
];

/** One hash for each table; the same while nothing changed. */
export async function fingerprint(knex: Knex): Promise<string[]> {
  const one = (table: string) =>
    `select '${table}=' || coalesce(md5(string_agg(t::text, ',' order by t::text)), '') as hash from ${table} t`;
  const { rows } = await knex.raw(STATE.map(one).join(' union all '));
  return rows.map((row: { hash: string }) => row.hash);
}

/** Names of the tables that differ. */
export function changedTables(before: string[], after: string[]): string[] {
  return after
    .filter(hash => !before.includes(hash))
    .map(hash => hash.split('=')[0]);
}

/** Queries that find what is only half there, or has no event. Each must find nothing. */
const HALF_WRITTEN: Record<string, string> = {
  'a migration without its version':
    'select m.key from migrations m left join migration_versions v on v.migration_id = m.id and v.version = m.version where v.version is null',
  'a run without its revision':
    'select r.id from runs r left join run_revisions v on v.run_id = r.id and v.revision = r.revision where v.run_id is null',
  'a run without items':
    'select id from runs r where not exists (select from run_items i where i.run_id = r.id)',
  'a run without DB sets':
    'select id from runs r where not exists (select from run_db_sets s where s.run_id = r.id)',
  'an open run with no open item':
    "select id from runs r where status in ('awaiting_approval', 'approved', 'queued', 'running') and not exists (select from run_items i where i.run_id = r.id and i.open)",
  'an item left open by a run that is over':
    "select i.id from run_items i join runs r on r.id = i.run_id where i.open and r.status in ('denied', 'executed', 'canceled')",
  'work for an executor in a run that was not executed':
    "select i.id from run_items i join runs r on r.id = i.run_id where i.claimable and r.status not in ('queued', 'running')",
  'an approved run whose current revision nobody approved':
    "select id from runs r where status in ('approved', 'queued') and not exists (select from approvals a where a.run_id = r.id and a.revision = r.revision and a.decision = 'approve')",
  'an approval of something else than its revision':
    'select a.id from approvals a join run_revisions v using (run_id, revision) where a.digest <> v.digest',
  'a project without an event':
    "select id from projects p where not exists (select from audit_events e where e.action = 'project.created' and e.entity_id = p.id::text)",
  'a DB set without an event':
    "select id from db_sets p where not exists (select from audit_events e where e.action = 'db_set.created' and e.entity_id = p.id::text)",
  'a DB target without an event':
    "select id from db_targets p where not exists (select from audit_events e where e.action = 'db_target.created' and e.entity_id = p.id::text)",
  'a migration without an event':
    "select id from migrations p where not exists (select from audit_events e where e.action = 'migration.created' and e.entity_id = p.id::text)",
  'a run without an event':
    "select id from runs p where not exists (select from audit_events e where e.action = 'run.requested' and e.run_id = p.id)",
  'a decision without an event':
    "select id from approvals a where not exists (select from audit_events e where e.run_id = a.run_id and e.actor_id = a.approver_id and e.action = 'run.' || case a.decision when 'approve' then 'approved' else 'denied' end)",
};

/** What is only half there, in words; empty if everything is whole. */
export async function halfWritten(knex: Knex): Promise<string[]> {
  const found: string[] = [];
  for (const [what, sql] of Object.entries(HALF_WRITTEN)) {
    const { rows } = await knex.raw(sql);
    if (rows.length > 0) found.push(`${what}: ${JSON.stringify(rows[0])}`);
  }
  return found;
}
