// @ts-check

/** Tables that only ever grow; the database itself refuses anything else. */
const APPEND_ONLY = [
  'migration_versions',
  'sql_texts',
  'plans',
  'run_revisions',
  'approvals',
  'audit_events',
];

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw(`
create table users (
  id uuid primary key,
  entity_ref text not null unique,
  kind text not null check (kind in ('person', 'service')),
  provider text not null,
  email text check (email = lower(email)),
  name text not null,
  role text not null check (role in ('user', 'manager', 'admin')),
  role_granted_by uuid references users,
  role_granted_at timestamptz not null default now(),
  password_hash text,
  disabled_at timestamptz,
  last_sign_in_at timestamptz,
  revision integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index users_email on users (email) where email is not null;
create index users_role on users (role, id);
create index users_role_granted_by on users (role_granted_by);

create table sessions (
  id uuid primary key,
  user_id uuid not null references users,
  provider text not null,
  secret_hash bytea not null unique,
  previous_hash bytea unique,
  rotated_at timestamptz not null default now(),
  address text,
  agent text,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create index sessions_user on sessions (user_id);
comment on column sessions.secret_hash is 'sha256 of the opaque id that only the browser holds';

create table settings (
  key text primary key,
  value jsonb not null,
  revision integer not null default 1,
  updated_at timestamptz not null default now()
);

create table idempotency_keys (
  user_id uuid not null references users,
  route text not null,
  key text not null,
  body_hash text not null,
  response text,
  created_at timestamptz not null default now(),
  primary key (user_id, route, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);

create table projects (
  id uuid primary key,
  key text not null unique,
  name text not null,
  description text,
  entity_ref text,
  archived_at timestamptz,
  revision integer not null default 1,
  created_by uuid not null references users,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index projects_created_by on projects (created_by);

create table db_sets (
  id uuid primary key,
  project_id uuid not null references projects,
  environment text not null,
  name text not null,
  description text,
  disabled_at timestamptz,
  revision integer not null default 1,
  created_by uuid not null references users,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (project_id, environment, name)
);
create index db_sets_environment on db_sets (environment, id);
create index db_sets_created_by on db_sets (created_by);

create table db_targets (
  id uuid primary key,
  db_set_id uuid not null references db_sets,
  name text not null,
  engine text not null,
  host text not null,
  port integer not null,
  database text not null,
  username text not null,
  secret text not null,
  tls jsonb not null,
  history_table text not null,
  history_schema text,
  server_identity text,
  identity_copy text not null default '',
  disabled_at timestamptz,
  last_test jsonb,
  last_test_at timestamptz,
  revision integer not null default 1,
  created_by uuid not null references users,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (db_set_id, name)
);
create unique index db_targets_identity on db_targets (server_identity, identity_copy)
  where server_identity is not null;
create index db_targets_created_by on db_targets (created_by);
comment on column db_targets.secret is 'ciphertext bound to this row and its address';
comment on column db_targets.identity_copy is 'empty, or the row id where an admin confirmed that a server with the same identity is another one';

create table sql_texts (
  checksum char(64) primary key,
  sql text not null,
  created_at timestamptz not null default now()
);

create table migrations (
  id uuid primary key,
  project_id uuid not null references projects,
  key text not null unique,
  name text not null,
  jira text,
  description text,
  version integer not null,
  revision integer not null default 1,
  archived_at timestamptz,
  created_by uuid not null references users,
  created_at timestamptz not null default now(),
  updated_by uuid not null references users,
  updated_at timestamptz not null default now()
);
create index migrations_updated on migrations (updated_at desc, id desc);
create index migrations_project on migrations (project_id, updated_at desc, id desc);
create index migrations_jira on migrations (jira) where jira is not null;
create index migrations_created_by on migrations (created_by, updated_at desc, id desc);
create index migrations_updated_by on migrations (updated_by);

create table migration_versions (
  migration_id uuid not null references migrations,
  version integer not null,
  checksum_up char(64) not null references sql_texts,
  checksum_down char(64) references sql_texts,
  transaction_mode text not null,
  created_by uuid not null references users,
  created_at timestamptz not null default now(),
  primary key (migration_id, version)
);
create index migration_versions_up on migration_versions (checksum_up);
create index migration_versions_down on migration_versions (checksum_down);
create index migration_versions_created_by on migration_versions (created_by);

create table plans (
  hash char(64) primary key,
  checksum char(64) not null references sql_texts,
  engine text not null,
  mode text not null check (mode in ('single_transaction', 'stepwise')),
  statement_count integer not null,
  transactional_count integer not null,
  plan text not null,
  problems jsonb not null,
  created_at timestamptz not null default now()
);
create index plans_checksum on plans (checksum);
comment on column plans.plan is 'canonical JSON, the bytes that were hashed';

create table runs (
  id uuid primary key,
  migration_id uuid not null references migrations,
  project_id uuid not null references projects,
  environment text not null,
  engine text not null,
  type text not null check (type in ('apply', 'rollback')),
  status text not null check (status in
    ('queued', 'awaiting_approval', 'approved', 'denied', 'running', 'executed', 'failed', 'canceled')),
  revision integer not null,
  reason text,
  reapproval boolean not null default false,
  cancel_requested_at timestamptz,
  requested_by uuid not null references users,
  executed_by uuid references users,
  created_at timestamptz not null default now(),
  queued_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  updated_at timestamptz not null default now()
);
create index runs_created on runs (created_at desc, id desc);
create index runs_status on runs (status, created_at desc, id desc);
create index runs_environment on runs (environment, created_at desc, id desc);
create index runs_project on runs (project_id, created_at desc, id desc);
create index runs_migration on runs (migration_id, environment, created_at desc, id desc);
create index runs_requested_by on runs (requested_by, created_at desc, id desc);
create index runs_executed_by on runs (executed_by);
create index runs_open on runs (created_at, id)
  where status in ('queued', 'awaiting_approval', 'approved', 'running');
comment on column runs.reapproval is 'an approval of this run was voided and not replaced';

create table run_db_sets (
  run_id uuid not null references runs,
  db_set_id uuid not null references db_sets,
  primary key (run_id, db_set_id)
);
create index run_db_sets_set on run_db_sets (db_set_id);

create table run_revisions (
  run_id uuid not null references runs,
  revision integer not null,
  migration_id uuid not null,
  version integer not null,
  plan_hash char(64) not null references plans,
  checksum char(64) not null references sql_texts,
  policy jsonb not null,
  binding text not null,
  digest char(64) not null,
  cause text not null,
  created_by uuid references users,
  created_at timestamptz not null default now(),
  primary key (run_id, revision),
  foreign key (migration_id, version) references migration_versions
);
create index run_revisions_version on run_revisions (migration_id, version);
create index run_revisions_plan on run_revisions (plan_hash);
create index run_revisions_checksum on run_revisions (checksum);
create index run_revisions_created_by on run_revisions (created_by);
comment on column run_revisions.binding is 'canonical JSON of what an approval covers; digest is its sha256';

create table executors (
  id uuid primary key,
  host text not null,
  started_at timestamptz not null default now(),
  heartbeat_at timestamptz not null default now(),
  steady_since timestamptz not null default now()
);
comment on column executors.steady_since is 'heartbeats without a gap since then; only an executor that is steady for a lease takes over from a silent one';
create index executors_heartbeat on executors (heartbeat_at);

create table run_items (
  id uuid primary key,
  run_id uuid not null references runs,
  migration_id uuid not null references migrations,
  target_id uuid not null references db_targets,
  ordinal integer not null,
  open boolean not null default true,
  status text not null check (status in ('queued', 'running', 'executed', 'skipped', 'failed', 'canceled')),
  outcome text check (outcome in ('applied', 'not_applied', 'partially_applied', 'unknown')),
  checksum_up char(64),
  claimable boolean not null default false,
  attempt integer not null default 0,
  executor_id uuid references executors,
  statements_total integer not null default 0,
  statements_done integer not null default 0,
  current_statement integer,
  current_started_at timestamptz,
  waiting_for jsonb,
  error jsonb,
  evidence jsonb not null default '[]',
  log_lines integer not null default 0,
  log_dropped integer not null default 0,
  revision integer not null default 1,
  created_at timestamptz not null default now(),
  queued_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  unique (run_id, target_id),
  check (claimable = false or status = 'queued')
);
create unique index run_items_one_open on run_items (migration_id, target_id) where open;
create unique index run_items_one_running on run_items (target_id) where status = 'running';
create index run_items_order on run_items (run_id, ordinal);
create index run_items_status on run_items (run_id, status);
create index run_items_claim on run_items (queued_at, id) where claimable;
create index run_items_target on run_items (target_id, finished_at desc);
create index run_items_migration on run_items (migration_id, finished_at desc);
create index run_items_executor on run_items (executor_id) where status = 'running';
create index run_items_trouble on run_items (finished_at)
  where status = 'failed' and outcome in ('unknown', 'partially_applied');
comment on column run_items.open is 'the run may still change this target; one open run for a migration and target';
comment on column run_items.attempt is 'fencing token: every write of a worker names the attempt it was given';
comment on column run_items.checksum_up is 'checksum_up of the version that was applied or removed';

create table run_log_heads (
  run_id uuid primary key references runs,
  next_seq bigint not null default 1
);

create table run_logs (
  run_item_id uuid not null references run_items,
  attempt integer not null,
  first_seq bigint not null,
  last_seq bigint not null,
  run_id uuid not null references runs,
  lines jsonb not null,
  primary key (run_item_id, attempt, first_seq)
);
create index run_logs_run on run_logs (run_id, last_seq);
comment on column run_logs.lines is 'array of { seq, at, level, message, statementIndex?, durationMs?, rows? }';

create table approvals (
  id uuid primary key,
  run_id uuid not null,
  revision integer not null,
  decision text not null check (decision in ('approve', 'deny')),
  digest char(64) not null,
  comment text,
  approver_id uuid not null references users,
  created_at timestamptz not null,
  canonical bytea not null,
  hash char(64) not null,
  key_id text not null,
  signature bytea not null,
  foreign key (run_id, revision) references run_revisions
);
create index approvals_run on approvals (run_id, revision);
create unique index approvals_once on approvals (run_id, revision, approver_id, decision);
create index approvals_approver on approvals (approver_id);
comment on column approvals.canonical is 'RFC 8785 bytes that were hashed and signed (Ed25519)';

create table audit_events (
  id uuid primary key,
  at timestamptz not null,
  actor_id uuid references users,
  action text not null,
  entity_type text not null,
  entity_id text not null,
  migration_id uuid references migrations,
  run_id uuid references runs,
  environment text,
  request_id text,
  payload jsonb not null,
  canonical bytea not null,
  hash char(64) not null
);
create index audit_events_at on audit_events (at desc, id desc);
create index audit_events_actor on audit_events (actor_id, at desc, id desc);
create index audit_events_action on audit_events (action, at desc, id desc);
create index audit_events_entity on audit_events (entity_type, entity_id, at desc, id desc);
create index audit_events_migration on audit_events (migration_id, at desc, id desc) where migration_id is not null;
create index audit_events_run on audit_events (run_id) where run_id is not null;
comment on column audit_events.canonical is 'RFC 8785 bytes that were hashed; payload is derived from them';

create table environment_states (
  migration_id uuid not null references migrations,
  environment text not null,
  state text not null check (state in
    ('draft', 'awaiting_approve', 'approved', 'executed', 'rollbacked', 'needs_reapproval')),
  executed integer not null,
  total integer not null,
  updated_at timestamptz not null default now(),
  primary key (migration_id, environment)
);
create index environment_states_state on environment_states (environment, state, migration_id);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: % refused', tg_table_name, tg_op
    using errcode = 'insufficient_privilege';
end
$$;
`);
  for (const table of APPEND_ONLY) {
    await knex.raw(`
create trigger ${table}_rows before update or delete on ${table}
  for each row execute function refuse_change();
create trigger ${table}_truncate before truncate on ${table}
  for each statement execute function refuse_change();
`);
  }
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw(`
drop table environment_states, audit_events, approvals, run_logs, run_log_heads,
  run_items, executors, run_revisions, run_db_sets, runs, plans, migration_versions,
  migrations, sql_texts, db_targets, db_sets, projects, idempotency_keys, settings,
  sessions, users;
drop function refuse_change();
`);
};
