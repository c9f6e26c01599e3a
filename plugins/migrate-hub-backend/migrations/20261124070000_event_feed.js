// @ts-check

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw(`
create table event_feed (
  seq bigint generated always as identity primary key,
  event_id uuid not null
);
comment on table event_feed is 'audit events that nobody outside was told of yet; a row goes when that is done';
comment on column event_feed.event_id is 'of audit_events; no foreign key, as those are never deleted';
`);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw('drop table event_feed');
};
