// @ts-check

const APPEND_ONLY = ['audit_links', 'audit_checkpoints'];

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw(`
create table audit_outbox (
  event_id uuid primary key
);
comment on table audit_outbox is 'committed events that are not linked yet; the chainer empties it';

create function enqueue_audit_event() returns trigger language plpgsql as $$
begin
  insert into audit_outbox (event_id) values (new.id);
  return null;
end
$$;
create trigger audit_events_outbox after insert on audit_events
  for each row execute function enqueue_audit_event();
insert into audit_outbox select id from audit_events;

create table audit_links (
  seq bigint primary key check (seq > 0),
  event_id uuid not null unique references audit_events,
  event_hash bytea not null,
  hash bytea not null
);
comment on column audit_links.event_hash is 'sha256 of the canonical bytes of the event';
comment on column audit_links.hash is 'sha256 of the hash before, seq and event_hash';

create table audit_checkpoints (
  seq bigint primary key references audit_links,
  at timestamptz not null,
  hash bytea not null,
  previous bigint references audit_checkpoints,
  key_id text not null,
  signature bytea not null
);
create index audit_checkpoints_previous on audit_checkpoints (previous);
create index audit_checkpoints_at on audit_checkpoints (at, seq);
comment on table audit_checkpoints is 'one for each batch of links: its last one, signed (Ed25519)';
`);
  for (const table of APPEND_ONLY) {
    await knex.raw(`
create trigger ${table}_rows before update or delete on ${table}
  for each row execute function refuse_change();
create trigger ${table}_truncate before truncate on ${table}
  for each statement execute function refuse_change();
`);
  }
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw(`
drop trigger audit_events_outbox on audit_events;
drop function enqueue_audit_event();
drop table audit_checkpoints, audit_links, audit_outbox;
`);
};
