// @ts-check

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw(`
create index migrations_archived on migrations (updated_at desc, id desc) where archived_at is not null;
create index runs_rollback on runs (created_at desc, id desc) where type = 'rollback';
create index run_items_dropped on run_items (run_id, log_dropped) where log_dropped > 0;
-- Few bytes for each of many rows, as equal ones share them: for counting.
create index environment_states_count on environment_states (environment, state);
-- The id of an entity says all by itself; of a type alone the newest are asked for.
create index audit_events_entity_id on audit_events (entity_id, at desc, id desc);
create index audit_events_entity_type on audit_events (entity_type, at desc, id desc);
drop index audit_events_entity;
`);
  // Searching in names and keys. Where the extension may not be made, or is not
  // there, a search reads the migrations in their order until it has a page.
  await knex.raw(`
do $$
begin
  create extension if not exists pg_trgm;
  create index migrations_search on migrations using gin (key gin_trgm_ops, name gin_trgm_ops);
exception
  when insufficient_privilege or undefined_file or undefined_object or feature_not_supported then
    raise notice 'no index for searches in migrations: %', sqlerrm;
end
$$`);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw(`
drop index if exists migrations_search;
create index audit_events_entity on audit_events (entity_type, entity_id, at desc, id desc);
drop index audit_events_entity_type, audit_events_entity_id, environment_states_count, run_items_dropped, runs_rollback, migrations_archived;
`);
};
