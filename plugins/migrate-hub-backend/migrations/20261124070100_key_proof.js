// @ts-check

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw(`
alter table secret_keys add column proof text;
comment on column secret_keys.proof is 'sealed with the key: who cannot open it has another key under the same id';
`);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw('alter table secret_keys drop column proof');
};
