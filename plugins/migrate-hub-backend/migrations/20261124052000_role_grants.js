// @ts-check

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw(`
alter table users
  add column password_digest char(64),
  add column grant_at timestamptz,
  add column grant_key_id text,
  add column grant_signature bytea,
  add check ((grant_at is null) = (grant_signature is null)),
  add check ((grant_key_id is null) = (grant_signature is null));
update users set password_digest = encode(sha256(convert_to(password_hash, 'utf8')), 'hex')
 where password_hash is not null;
comment on column users.password_digest is 'sha256 of password_hash, as the grant covers it';
comment on column users.grant_signature is 'Ed25519 over the role and over all that says who this is and how they sign in; without it the role counts as user';

alter table sessions add column owner_mac bytea;
comment on column sessions.owner_mac is 'keyed hash of whose session it is; without it the session has ended';
comment on column sessions.secret_hash is 'keyed hash of the opaque id that only the browser holds';
`);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw(`
alter table users
  drop column password_digest,
  drop column grant_at,
  drop column grant_key_id,
  drop column grant_signature;
alter table sessions drop column owner_mac;
`);
};
