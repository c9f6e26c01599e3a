// @ts-check

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw(`
alter table run_items
  add column session jsonb,
  add column resume jsonb,
  add column recoveries integer not null default 0;
comment on column run_items.session is 'session on the target that the last attempt may have left there; the next one waits until it is gone';
comment on column run_items.resume is 'how a person decided to go on, bound to the ledger row that was judged';
comment on column run_items.recoveries is 'executors that fell silent with this item since it was queued by a person';
`);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw(`
alter table run_items
  drop column session,
  drop column resume,
  drop column recoveries;
`);
};
