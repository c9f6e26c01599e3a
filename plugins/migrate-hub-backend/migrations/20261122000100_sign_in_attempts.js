// @ts-check

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw(`
create table sign_in_attempts (
  id uuid primary key,
  account char(64) not null,
  address text not null,
  at timestamptz not null default now()
);
create index sign_in_attempts_account on sign_in_attempts (account, at);
create index sign_in_attempts_address on sign_in_attempts (address, at);
create index sign_in_attempts_age on sign_in_attempts (at);
comment on table sign_in_attempts is 'password attempts of the last minutes that did not succeed (yet), counted over all replicas';
comment on column sign_in_attempts.account is 'sha256 of what was given as e-mail address: it may be a mistyped password';
`);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw(`drop table sign_in_attempts`);
};
