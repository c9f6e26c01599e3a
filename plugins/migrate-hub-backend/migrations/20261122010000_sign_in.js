// @ts-check

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw(`
alter table users
  add column external_issuer text,
  add column external_sub text,
  add column group_role text check (group_role in ('user', 'manager', 'admin')),
  add column tokens_valid_from timestamptz,
  add column password_must_change boolean not null default false,
  add column password_expires_at timestamptz,
  add check ((external_issuer is null) = (external_sub is null));
create unique index users_external on users (external_issuer, external_sub)
  where external_sub is not null;
comment on column users.external_sub is 'who this is for the identity provider; bound once, never rebound, and not the e-mail address';
comment on column users.group_role is 'by the Backstage groups of the last call; the stronger of it and role counts';
comment on column users.tokens_valid_from is 'tokens without a session that were issued before are refused';

create table first_admins (
  email text primary key,
  user_id uuid not null references users,
  bound_at timestamptz not null default now()
);
create index first_admins_user on first_admins (user_id);
comment on table first_admins is 'who first came with an address of migrateHub.firstAdmins: the address makes nobody else an admin';

alter table sessions
  drop column previous_hash,
  drop column rotated_at,
  add column upstream_token text,
  add column upstream_checked_at timestamptz not null default now();
create index sessions_open on sessions (id) where revoked_at is null;
comment on column sessions.upstream_token is 'refresh token of the identity provider, encrypted and bound to this row';

create table retired_session_ids (
  secret_hash bytea primary key,
  session_id uuid not null references sessions,
  retired_at timestamptz not null default now()
);
create index retired_session_ids_session on retired_session_ids (session_id);
create index retired_session_ids_age on retired_session_ids (retired_at);
comment on table retired_session_ids is 'ids that a refresh replaced: whoever comes with one of them later has stolen it, or was stolen from';
`);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw(`
drop table retired_session_ids, first_admins;
drop index sessions_open;
alter table sessions
  drop column upstream_token,
  drop column upstream_checked_at,
  add column previous_hash bytea unique,
  add column rotated_at timestamptz not null default now();
alter table users
  drop column external_issuer,
  drop column external_sub,
  drop column group_role,
  drop column tokens_valid_from,
  drop column password_must_change,
  drop column password_expires_at;
`);
};
