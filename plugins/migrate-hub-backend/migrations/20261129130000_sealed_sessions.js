// @ts-check

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw(`
create index sessions_sealed on sessions (id) where upstream_token is not null;
comment on index sessions_sealed is 'those that hold a secret: counted by key, and put under another key, without a look at all sessions there ever were';
`);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw('drop index sessions_sealed');
};
