// @ts-check

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw(`
alter table db_targets add column client_secret text;
alter table db_targets add column client_certificate jsonb;
comment on column db_targets.client_secret is 'ciphertext of the client certificate and its key, or of where they are kept; bound to the address as the password is';
comment on column db_targets.client_certificate is 'what may be shown of it: subject, fingerprint, end; or where it is kept outside the hub';
`);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw(`
alter table db_targets drop column client_certificate;
alter table db_targets drop column client_secret;
`);
};
