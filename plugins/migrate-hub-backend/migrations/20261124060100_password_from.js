// @ts-check

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw(`
alter table db_targets add column password_from jsonb;
comment on column db_targets.password_from is 'where the password is kept outside the hub: store and name; "secret" then seals this, so that nobody changes it in here';
`);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw(`alter table db_targets drop column password_from`);
};
