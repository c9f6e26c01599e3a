// @ts-check

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw(`
alter table audit_events add column personal char(64);
comment on column audit_events.personal is 'sha256 of salt and data in audit_personal: a commitment that stays when they are erased';

create table audit_personal (
  event_id uuid primary key references audit_events,
  user_id uuid references users,
  salt bytea not null,
  data text not null
);
create index audit_personal_user on audit_personal (user_id);
comment on table audit_personal is 'e-mail, address and agent of an event, as canonical JSON; can be erased, not changed';
create trigger audit_personal_rows before update on audit_personal
  for each row execute function refuse_change();
`);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw(`
drop table audit_personal;
alter table audit_events drop column personal;
`);
};
