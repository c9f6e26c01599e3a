// @ts-check

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw(`
alter table runs
  add column scheduled_for timestamptz,
  add column released_waves integer not null default 0,
  add column needs text[] not null default '{}',
  add column break_glass jsonb,
  add column hold text,
  add column claim_after timestamptz;
comment on column runs.released_waves is 'a person has let the waves up to this one start';
comment on column runs.needs is 'schemes that an executor has to know to claim items of this run';
comment on column runs.break_glass is 'two admins let it start outside the windows or in a freeze; the confirmation is signed';
comment on column runs.hold is 'why nothing was claimed at the last look';
comment on column runs.claim_after is 'when to look again; only saves looking, the conditions are read at each claim';
alter table executors
  add column knows text[] not null default '{}';
create index run_items_unfinished on run_items (run_id, ordinal) where status in ('queued', 'running');
`);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw(`
drop index run_items_unfinished;
alter table executors drop column knows;
alter table runs
  drop column scheduled_for,
  drop column released_waves,
  drop column needs,
  drop column break_glass,
  drop column hold,
  drop column claim_after;
`);
};
