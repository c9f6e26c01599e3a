// @ts-check

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw(`
create table webhooks (
  id uuid primary key,
  url text not null,
  events text[] not null,
  secret text not null,
  disabled_at timestamptz,
  revision integer not null default 1,
  created_by uuid not null references users,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index webhooks_created_by on webhooks (created_by);
comment on column webhooks.secret is 'ciphertext, see crypto/SecretBox; bound to the id';

create table webhook_deliveries (
  id uuid primary key,
  webhook_id uuid not null references webhooks on delete cascade,
  event text not null,
  body text not null,
  status text not null default 'waiting' check (status in ('waiting', 'delivered', 'failed')),
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  status_code integer,
  error text,
  created_at timestamptz not null default now(),
  finished_at timestamptz
);
create index webhook_deliveries_due on webhook_deliveries (next_attempt_at, id) where status = 'waiting';
create index webhook_deliveries_webhook on webhook_deliveries (webhook_id, id desc);
create index webhook_deliveries_finished on webhook_deliveries (finished_at) where finished_at is not null;
comment on column webhook_deliveries.body is 'the very bytes that are signed and sent';
`);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw('drop table webhook_deliveries, webhooks');
};
