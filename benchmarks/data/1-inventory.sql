-- Projects, DB sets and targets. `generate.projects` says how many projects there are.

-- Ids sort by creation, as the hub's own do.
create function pg_temp.id_at(at timestamptz) returns uuid language sql volatile
  as $$ select uuidv7(at - clock_timestamp()) $$;

create function pg_temp.setting(name text) returns bigint language sql stable
  as $$ select current_setting('generate.' || name)::bigint $$;

create temporary table people as
  select id, email, role,
         row_number() over (order by id) - 1 as n,
         row_number() over (partition by role order by id) - 1 as in_role
    from users where kind = 'person' and disabled_at is null;

-- Who asks (`requester`) and who decides (`decider`) for the n-th of something: never the same person.
create temporary table roster as
  select g.n,
         (select id from people where role = 'user' and in_role = g.n % (select count(*) from people where role = 'user')) as requester,
         (select id from people where role = 'manager' and in_role = g.n % (select count(*) from people where role = 'manager')) as decider
    from generate_series(0, 999) g (n);

create temporary table project as
  select n, pg_temp.id_at(at) as id, at,
         (array['billing', 'orders', 'catalog', 'search', 'payments', 'shipping', 'accounts', 'stock', 'prices', 'mail'])
           [1 + n % 10] || '-' || lpad((1 + n / 10)::text, 2, '0') as key
    from generate_series(0, pg_temp.setting('projects') - 1) n,
         lateral (select now() - interval '730 days' + n * interval '1 hour' as at) t
  union all
  -- The one with the big fleet.
  select -1, pg_temp.id_at(at), at, 'fleet'
    from (select now() - interval '600 days' as at) t;

insert into projects (id, key, name, description, archived_at, created_by, created_at, updated_at)
select id, key, initcap(replace(key, '-', ' ')), 'Databases of ' || key,
       case when n % 15 = 14 then at + interval '700 days' end,
       (select requester from roster where n = 0), at, at
  from project;

create temporary table environment (name text, position int);
insert into environment values ('daily', 0), ('stg', 1), ('prd', 2);

create temporary table db_set as
  select pg_temp.id_at(p.at + interval '1 minute') as id, p.id as project_id, p.n as project,
         e.name as environment, kind.name, kind.targets, p.at,
         row_number() over (order by p.n, e.position, kind.name) as n
    from project p
   cross join environment e
   cross join lateral (values ('main', 1 + (p.n * 5) % 3), ('shards', 4 + (p.n * 3) % 7)) kind (name, targets)
   where p.n >= 0
  union all
  select pg_temp.id_at(at + interval '1 minute'), id, n, 'daily', 'tenants', 2000, at, 0
    from project where n = -1;

insert into db_sets (id, project_id, environment, name, disabled_at, created_by, created_at, updated_at)
select id, project_id, environment, name,
       case when n % 60 = 59 then at + interval '690 days' end,
       (select requester from roster where n = 0), at, at
  from db_set;

create temporary table target as
  select pg_temp.id_at(s.at + interval '2 minutes') as id, s.id as db_set_id, s.environment, s.project, s.at,
         s.name || '-' || lpad(t::text, 4, '0') as name,
         p.key || '-' || s.environment || '-' || s.name || '-' || (1 + t / 20) || '.db.example.com' as host,
         replace(p.key, '-', '_') || '_' || t as database,
         row_number() over (order by s.n, t) as n
    from db_set s
    join project p on p.n = s.project
   cross join lateral generate_series(1, s.targets) t
   order by s.n, t;

insert into db_targets (id, db_set_id, name, engine, host, port, database, username, secret, tls,
                        history_table, server_identity, disabled_at, last_test, last_test_at,
                        created_by, created_at, updated_at)
select id, db_set_id, name, 'postgres', host, 5432, database, 'migrator',
       'v1.1.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAA', '{"mode": "verify-full"}', 'migrations',
       'generated:' || n,
       case when project >= 0 and n % 50 = 49 then at + interval '650 days' end,
       jsonb_build_object('ok', n % 40 <> 39, 'checks', jsonb_build_array(
         jsonb_build_object('name', 'connect', 'ok', n % 40 <> 39,
           'message', case when n % 40 = 39 then 'The server did not answer.' else 'Connected to PostgreSQL 17.2.' end))),
       now() - n % 1000 * interval '1 minute',
       (select requester from roster where n = 0), at, at
  from target;

insert into reconciliations (target_id, at, lost, foreign_rows)
select id, now() - n % 60 * interval '1 minute', case when n % 20 = 0 then 1 else 0 end, 0 from target;

insert into sessions (id, user_id, provider, secret_hash, address, agent, created_at, last_seen_at, expires_at, revoked_at)
select pg_temp.id_at(at), people.id, 'local', sha256(uuid_send(gen_random_uuid())),
       '10.0.' || k % 250 || '.' || people.n % 250, 'Mozilla/5.0 (X11; Linux x86_64)',
       at, at, at + interval '7 days', case when k > 1 then at + interval '1 day' end
  from people, generate_series(1, 40) k, lateral (select now() - k * interval '9 hours' as at) t;

analyze people; analyze roster; analyze project; analyze db_set; analyze target;
