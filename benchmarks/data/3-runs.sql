-- Runs and their items; the newest are open, all others have ended.

-- What was asked for: daily, then staging, then production, some twice, some taken back.
create temporary table asked as
  select m.n, m.id as migration_id, m.at as migration_at, e.name as environment, a.type, a.take,
         s.id as db_set_id, s.targets, p.id as project_id, t.at,
         case when e.name = 'daily' and m.version = 2 and m.n % 10 = 0 then 1 else m.version end as version,
         random() as dice
    from (select *, random() as far, random() as trouble, random() as kind from migration) m
    join project p on p.n = m.project
    join environment e on m.far < (array[0.98, 0.82, 0.66])[1 + e.position]
    join db_set s on s.project = m.project and s.environment = e.name
                 and s.name in ('tenants', case when m.kind < 0.5 then 'main' else 'shards' end)
   cross join lateral (values
           ('apply', 1, true), ('apply', 2, m.trouble < 0.03), ('rollback', 3, m.trouble > 0.99 and m.n % 5 < 3)
         ) a (type, take, wanted)
   cross join lateral (
     select m.at + (array[interval '1 hour', interval '26 hours', interval '75 hours'])[1 + e.position]
            + a.take * interval '3 hours' + m.kind * interval '5 hours' as at) t
   where a.wanted and t.at < now() - interval '5 minutes';

create temporary table run as
  with numbered as (
    select *, row_number() over newest as age, sum(targets) over newest as items
      from asked window newest as (order by (targets > 1000) desc, at desc, n desc, environment, take))
  select pg_temp.id_at(at) as id, n, n % 1000 as who, migration_id, project_id, db_set_id, environment, type, version,
         targets, at, at + interval '40 minutes' as queued_at, at + interval '41 minutes' as started_at, dice,
         gen_random_uuid() as approval_id,
         case
           when targets > 1000 then 'failed'
           -- Whoever tries again had a reason to.
           when take = 1 and exists (select from asked b where b.n = numbered.n and b.environment = numbered.environment and b.take = 2) then 'failed'
           when age <= 600 and type = 'apply' and take = 1 then
             (array['awaiting_approval', 'executed', 'awaiting_approval', 'approved', 'executed', 'queued',
                    'awaiting_approval', 'executed', 'approved', case when targets > 1 then 'running' else 'executed' end])[1 + age % 10]
           when dice < 0.955 then 'executed'
           when dice < 0.970 then 'failed'
           when dice < 0.985 then 'canceled'
           else 'denied'
         end as status
    from numbered
   where items <= pg_temp.setting('items')
   order by at;
create index on run (id);
create index on run (migration_id, environment);
analyze run;

insert into runs (id, migration_id, project_id, environment, engine, type, status, revision, reason, requested_by,
                  executed_by, created_at, queued_at, started_at, finished_at, updated_at, scheduled_for, hold, claim_after)
select r.id, r.migration_id, r.project_id, r.environment, 'postgres', r.type, r.status, 1,
       case when r.n % 3 = 0 then 'Release of week ' || to_char(r.at, 'IW') end, w.requester,
       case when r.status in ('queued', 'running', 'executed', 'failed') then
         case when r.environment = 'prd' then w.decider else w.requester end end,
       r.at,
       case when r.status in ('queued', 'running', 'executed', 'failed') then r.queued_at end,
       case when r.status in ('running', 'executed', 'failed') then r.started_at end,
       case when r.status in ('executed', 'failed', 'canceled', 'denied') then r.started_at + r.targets * interval '1 second' end,
       r.at,
       case when r.status = 'queued' then date_trunc('day', now()) + (7 + r.n % 20) * interval '1 day' end,
       case r.status when 'queued' then 'schedule' when 'running' then 'person' end,
       case when r.status = 'queued' then date_trunc('day', now()) + (7 + r.n % 20) * interval '1 day' end
  from run r join roster w on w.n = r.who
 order by r.at;

insert into run_db_sets (run_id, db_set_id) select id, db_set_id from run;

create temporary table item as
  select pg_temp.id_at(r.at) as id, r.id as run_id, t.id as target_id, r.status as run_status,
         row_number() over (partition by r.id order by t.id)::int - 1 as ordinal,
         r.targets, r.dice, random() as luck
    from run r join target t on t.db_set_id = r.db_set_id
   order by r.at, r.id, t.id;
alter table item add column status text, add column outcome text;
update item set
  status = case run_status
    when 'executed' then case when luck < 0.03 and ordinal > 0 then 'skipped' else 'executed' end
    -- Few of a big fleet, the last of a small set.
    when 'failed' then case when ordinal = targets - 1 or (targets > 1000 and luck < 0.01) then 'failed'
                            when luck > 0.98 then 'skipped' else 'executed' end
    when 'running' then case when ordinal = 0 then 'executed' else 'queued' end
    when 'canceled' then 'canceled'
    when 'denied' then 'canceled'
    else 'queued' end;
update item set outcome = case status
    when 'executed' then 'applied'
    when 'skipped' then 'not_applied'
    when 'canceled' then 'not_applied'
    -- What nobody knows is looked into the same week.
    when 'failed' then case when luck < 0.02 then (array['unknown', 'partially_applied'])[1 + ordinal % 2] else 'not_applied' end
  end;
create index on item (run_id, ordinal);
analyze item;

insert into run_items (id, run_id, migration_id, target_id, ordinal, open, status, outcome, checksum_up, claimable,
                       attempt, statements_total, statements_done, error, log_lines, created_at, queued_at, started_at, finished_at)
select i.id, i.run_id, r.migration_id, i.target_id, i.ordinal,
       r.status in ('awaiting_approval', 'approved', 'queued', 'running'), i.status, i.outcome, v.checksum_up,
       i.status = 'queued' and r.status in ('queued', 'running'),
       case when i.status in ('executed', 'skipped', 'failed') then 1 else 0 end, 1,
       case when i.status = 'executed' then 1 else 0 end,
       case i.status
         when 'failed' then '{"code": "STATEMENT_FAILED", "sqlState": "55P03", "statementIndex": 0, "line": 1, "message": "canceling statement due to lock timeout"}'::jsonb
         when 'canceled' then jsonb_build_object('code', 'CANCELED', 'message', 'The run was ' || r.status || '.') end,
       case when i.status in ('executed', 'skipped', 'failed') then 10 else 0 end, r.at,
       case when r.status in ('queued', 'running', 'executed', 'failed') then r.queued_at end,
       case when i.status in ('executed', 'skipped', 'failed') then r.started_at + i.ordinal * interval '1 second' end,
       case when i.status <> 'queued' then r.started_at + (i.ordinal + 1) * interval '1 second' end
  from item i
  join run r on r.id = i.run_id
  join text_of v on v.n = r.n and v.version = r.version
 order by r.at, i.run_id, i.ordinal;

-- What an approval covers: canonical JSON, its digest, and the policy of the day.
insert into run_revisions (run_id, revision, migration_id, version, plan_hash, checksum, policy, binding, digest, cause, created_by, created_at)
select r.id, 1, r.migration_id, r.version, p.hash, p.checksum,
       jsonb_build_object(
         'requestRoles', array['user', 'manager', 'admin'], 'approveRoles', array['manager', 'admin'],
         'executeRoles', case when r.environment = 'prd' then array['manager', 'admin'] else array['user', 'manager', 'admin'] end,
         'resolveRoles', array['manager', 'admin'], 'approvalsRequired', 1, 'selfApproval', false,
         'lockTimeoutSeconds', 60, 'statementTimeoutSeconds', 3600, 'parallelism', 8)
       || case when r.environment = 'prd' then '{"requireSuccessIn": "stg"}'::jsonb else '{}' end
       || case when r.status = 'running' then '{"canary": {"targets": 1, "then": "person"}}'::jsonb else '{}' end,
       b.binding, encode(sha256(convert_to(b.binding, 'utf8')), 'hex'), 'requested', w.requester, r.at
  from run r
  join roster w on w.n = r.who
  join migration m on m.id = r.migration_id
  join text_of v on v.n = r.n and v.version = r.version
  join plan_of p on p.checksum = case r.type when 'apply' then v.checksum_up else v.checksum_down end
 cross join lateral (
   select string_agg(format(
            '{"database":"%s","engine":"postgres","historyTable":"migrations","host":"%s","id":"%s","port":5432,"serverIdentity":"generated:%s","tls":{"mode":"verify-full"},"username":"migrator"}',
            t.database, t.host, t.id, t.n), ',' order by t.id::text collate "C") as targets
     from target t where t.db_set_id = r.db_set_id) bound
 cross join lateral (select format(
   '{"checksum":"%s","environment":"%s","lockTimeoutSeconds":60,"migrationKey":"%s","mode":"single_transaction","planHash":"%s","revision":1,"rollout":{%s"parallelism":8},"runId":"%s","schedule":{},"scheme":"migrate-hub/run/2","statementTimeoutSeconds":3600,"targets":[%s],"type":"%s","version":%s}',
   p.checksum, r.environment, m.key, p.hash, case when r.status = 'running' then '"canary":{"targets":1,"then":"person"},' else '' end,
   r.id, bound.targets, r.type, r.version) as binding) b
 order by r.at;

-- Where each migration stands, by its newest run in each environment.
insert into environment_states (migration_id, environment, state, executed, total, updated_at)
select r.migration_id, r.environment,
       case when r.status = 'awaiting_approval' then 'awaiting_approve'
            when r.status in ('approved', 'queued', 'running', 'failed') then 'approved'
            when r.type = 'rollback' then 'rollbacked'
            when r.version < m.version then 'needs_reapproval'
            else 'executed' end,
       case when r.status = 'executed' and r.type = 'apply' and r.version = m.version then r.targets else 0 end, r.targets, r.at
  from (select distinct on (migration_id, environment) * from run
         where status not in ('denied', 'canceled') order by migration_id, environment, at desc) r
  join migration m on m.id = r.migration_id;
