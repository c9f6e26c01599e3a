// @ts-check

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw(`
create table environment_policies (
  environment text primary key,
  revision integer not null default 0,
  policy jsonb,
  updated_by uuid references users,
  updated_at timestamptz,
  proposal jsonb,
  proposed_by uuid references users,
  proposed_at timestamptz
);
create index environment_policies_updated_by on environment_policies (updated_by);
create index environment_policies_proposed_by on environment_policies (proposed_by);
comment on table environment_policies is 'what admins set at run time; an environment without a row, or with a null policy, is as configured';
comment on column environment_policies.proposal is '{ policy, reason? }: a weaker policy that waits for a second admin';
`);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw('drop table environment_policies');
};
