// @ts-check

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw(`
alter table reconciliations add column trail text;
comment on column reconciliations.trail is 'what the ledger of the target holds against the audit trail: a checkpoint that the chain does not contain';
`);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw('alter table reconciliations drop column trail');
};
