-- The audit trail: `generate.events` events, each with the bytes that are hashed. The chainer links them.

create temporary table told (
  at timestamptz, actor uuid, action text, entity_type text, entity_id uuid,
  migration uuid, run uuid, environment text, payload text, address text);

insert into told
select m.at, w.requester, 'migration.created', 'migration', m.id, m.id, null, null,
       format('{"checksumUp":"%s","key":"%s","transactionMode":"auto","version":1}', t.checksum_up, m.key), null
  from migration m join text_of t on t.n = m.n and t.version = 1 join roster w on w.n = m.n % 1000;

insert into told
select m.at + (m.n % 72) * interval '1 hour', w.requester, 'migration.sql_changed', 'migration', m.id, m.id, null, null,
       format('{"checksumUp":"%s","key":"%s","transactionMode":"auto","version":2}', t.checksum_up, m.key), null
  from migration m join text_of t on t.n = m.n and t.version = 2 join roster w on w.n = m.n % 1000;

insert into told
select r.at, w.requester, 'run.requested', 'run', r.id, r.migration_id, r.id, r.environment,
       format('{"checksum":"%s","digest":"%s","planHash":"%s","targets":[%s],"type":"%s","version":%s}',
              v.checksum, v.digest, v.plan_hash,
              (select string_agg('"' || i.target_id || '"', ',' order by i.ordinal) from item i where i.run_id = r.id),
              r.type, r.version), null
  from run r join run_revisions v on v.run_id = r.id join roster w on w.n = r.who;

insert into told
select r.at + interval '30 minutes', w.decider, case r.status when 'denied' then 'run.denied' else 'run.approved' end,
       'run', r.id, r.migration_id, r.id, r.environment,
       format('{"approval":"%s",%s"digest":"%s","granted":%s,"required":1,"revision":1}', r.approval_id,
              case r.status when 'denied' then '"comment":"Not in this week.",' else '' end, v.digest,
              case r.status when 'denied' then 0 else 1 end), null
  from run r join run_revisions v on v.run_id = r.id join roster w on w.n = r.who
 where r.status <> 'awaiting_approval';

insert into told
select e.at, e.actor, e.action, 'run', r.id, r.migration_id, r.id, r.environment, e.payload, null
  from run r
  join run_revisions v on v.run_id = r.id
  join roster w on w.n = r.who
 cross join lateral (values
   (r.queued_at, case when r.environment = 'prd' then w.decider else w.requester end, 'run.execution_requested',
    format('{"digest":"%s","revision":1,"skippedTargets":[]}', v.digest), array['queued', 'running', 'executed', 'failed']),
   (r.started_at, null, 'run.started', '{"executor":"generated","revision":1}', array['running', 'executed', 'failed']),
   (r.started_at + r.targets * interval '1 second', null, 'run.finished',
    format('{"status":"%s","type":"%s"}', r.status, r.type), array['executed', 'failed']),
   (r.started_at, w.requester, 'run.canceled', '{"reason":"Not needed any more."}', array['canceled'])
 ) e (at, actor, action, payload, statuses)
 where r.status = any(e.statuses);

insert into told
select r.started_at + (i.ordinal + 1) * interval '1 second', null, 'run_item.finished', 'run_item', i.id,
       r.migration_id, r.id, r.environment,
       format('{"attempt":1,%s"outcome":"%s","status":"%s","statementsDone":%s,"target":"%s","type":"%s"}',
              case i.status when 'failed' then '"code":"STATEMENT_FAILED",' else '' end, i.outcome, i.status,
              case i.status when 'executed' then 1 else 0 end, i.target_id, r.type), null
  from item i join run r on r.id = i.run_id
 where i.status in ('executed', 'skipped', 'failed');

-- The rest is what goes on all day: people sign in, targets are tested, logs are taken home.
insert into told
select now() - random() * interval '720 days', p.id,
       case k.kind when 0 then 'db_target.tested' when 1 then 'log.downloaded' else 'login.succeeded' end,
       case k.kind when 0 then 'db_target' when 1 then 'run' else 'user' end,
       case k.kind when 0 then t.id when 1 then r.id else p.id end, null,
       case k.kind when 1 then r.id end, case k.kind when 0 then t.environment end,
       case k.kind when 0 then '{"checks":[],"ok":true}' when 1 then '{"after":0,"filtered":false,"sensitiveLines":"hidden"}' else '{"provider":"local"}' end,
       case when k.kind > 1 then '10.0.' || k.n % 250 || '.' || p.n % 250 end
  from (select n, n % 5 as kind from generate_series(1, pg_temp.setting('events') - (select count(*) from told)) n) k
  join people p on p.n = k.n % (select count(*) from people)
  left join target t on k.kind = 0 and t.n = 1 + k.n % (select count(*) from target)
  left join (select id, row_number() over () as n from run) r on k.kind = 1 and r.n = 1 + k.n % (select count(*) from run);

create temporary table event as
  select pg_temp.id_at(t.at) as id, date_trunc('milliseconds', t.at) as at, t.actor, t.action, t.entity_type, t.entity_id,
         t.migration, t.run, t.environment, t.payload, t.address,
         case when t.address is not null then sha256(uuid_send(gen_random_uuid())) end as salt
    from told t order by t.at;

insert into audit_events (id, at, actor_id, action, entity_type, entity_id, migration_id, run_id, environment,
                          request_id, payload, personal, canonical, hash)
select e.id, e.at, e.actor, e.action, e.entity_type, e.entity_id, e.migration, e.run, e.environment,
       'generated', e.payload::jsonb, p.sealed, c.bytes, encode(sha256(c.bytes), 'hex')
  from event e
 cross join lateral (
   select encode(sha256(e.salt || convert_to(format('{"address":"%s"}', e.address), 'utf8')), 'hex') as sealed) p
 cross join lateral (select convert_to(concat(
   '{"action":"', e.action, '"', ',"actor":"' || e.actor || '"',
   ',"at":"', to_char(e.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), '"',
   ',"entityId":"', e.entity_id, '","entityType":"', e.entity_type, '"', ',"environment":"' || e.environment || '"',
   ',"id":"', e.id, '"', ',"migration":"' || e.migration || '"', ',"payload":', e.payload,
   ',"personal":"' || p.sealed || '"', ',"requestId":"generated"', ',"run":"' || e.run || '"',
   ',"scheme":"migrate-hub/audit/1"}'), 'utf8') as bytes) c;

insert into audit_personal (event_id, user_id, salt, data)
select id, actor, salt, format('{"address":"%s"}', address) from event where salt is not null;

insert into audit_outbox (event_id) select id from event;
