// @ts-check

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw(`
create table secret_keys (
  id text primary key,
  since timestamptz not null default now()
);
comment on table secret_keys is 'ids of the keys that encrypt secrets, never the keys; since: first seen in the config of a hub';

-- Counters of a minute: what a crash of the server loses is not missed.
create unlogged table request_counts (
  subject text not null,
  minute timestamptz not null,
  count integer not null,
  primary key (subject, minute)
);
create index request_counts_minute on request_counts (minute);
comment on table request_counts is 'calls that cost much, counted for each user over all replicas';
`);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw(`
drop table request_counts;
drop table secret_keys;
`);
};
