// @ts-check

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw(`
create table reconciliations (
  target_id uuid primary key references db_targets,
  at timestamptz not null,
  lost integer not null default 0,
  foreign_rows integer not null default 0,
  error text
);
comment on table reconciliations is 'how the hub and the history table of each target compared last';
comment on column reconciliations.error is 'why the last try failed; the counts are of the last that did not';

create table reconciliation_findings (
  id uuid primary key,
  target_id uuid not null references db_targets,
  migration_key text not null,
  migration_id uuid references migrations,
  kind text not null check (kind in ('lost', 'foreign')),
  reason text not null check (reason in ('missing', 'other_checksum', 'not_ours', 'rolled_back')),
  expected_checksum_up text,
  found_checksum_up text,
  tool_run_id text,
  applied_by text,
  first_seen_at timestamptz not null default now(),
  unique (target_id, migration_key)
);
create index reconciliation_findings_list on reconciliation_findings (target_id, first_seen_at desc, id desc);
create index reconciliation_findings_migration on reconciliation_findings (migration_id) where migration_id is not null;
comment on table reconciliation_findings is 'rows on which hub and target disagree; replaced by each comparison';
`);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw(`
drop table reconciliation_findings;
drop table reconciliations;
`);
};
