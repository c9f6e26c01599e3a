// @ts-check

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw(`
alter table users add column password_given_by uuid references users;
create index users_password_given_by on users (password_given_by);
comment on column users.password_given_by is 'the admin who gave the password that this one came from, and so could act as this person; signed with the grant';
`);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw('alter table users drop column password_given_by');
};
