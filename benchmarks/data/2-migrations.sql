-- Migrations of the last two years, with their versions, texts and plans.

create temporary table migration as
  select n, at, project, version, pg_temp.id_at(at) as id,
         to_char(at, 'YYYYMMDD') || '-' || lpad(n::text, 6, '0') || '-' ||
           (array['add-column', 'add-index', 'add-table', 'seed-rows', 'fix-rows'])[1 + n % 5] as key
    from generate_series(1, pg_temp.setting('migrations')) n,
         lateral (select now() - interval '720 days' * (1 - n::float8 / pg_temp.setting('migrations')) - interval '1 hour' as at,
                         -- Few projects change much, many little.
                         floor(power(random(), 1.7) * pg_temp.setting('projects'))::int as project,
                         case when random() < 0.12 then 2 else 1 end as version) t;
-- The one that goes to the big fleet.
update migration set project = -1, version = 1 where n = pg_temp.setting('migrations') - 50;
create index on migration (n);
create index on migration (id);
analyze migration;

insert into migrations (id, project_id, key, name, jira, description, version, archived_at,
                        created_by, created_at, updated_by, updated_at)
select m.id, p.id, m.key,
       (array['Add column note_', 'Add an index for note_', 'Add table notes_', 'Insert notes_', 'Correct notes_'])
         [1 + m.n % 5] || m.n || ' of ' || p.key,
       case when m.n % 5 > 0 then upper(split_part(p.key, '-', 1)) || '-' || m.n / 3 end,
       case when m.n % 3 = 0 then 'Asked for by the team of ' || p.key || '.' end,
       m.version,
       case when m.n % 25 = 24 and m.n < pg_temp.setting('migrations') * 0.9 then m.at + interval '40 days' end,
       r.requester, m.at, r.requester, m.at + (m.n % 72) * interval '1 hour' * (m.version - 1)
  from migration m
  join project p on p.n = m.project
  join roster r on r.n = m.n % 1000
 order by m.n;

create temporary table text_of as
  select m.n, v as version, up, down,
         encode(sha256(convert_to(up, 'utf8')), 'hex') as checksum_up,
         encode(sha256(convert_to(down, 'utf8')), 'hex') as checksum_down,
         (array['ALTER TABLE', 'CREATE INDEX', 'CREATE TABLE', 'INSERT', 'UPDATE'])[1 + m.n % 5] as kind
    from migration m
   cross join lateral generate_series(1, m.version) v
   cross join lateral (
     select (array[
       format('alter table orders_%s add column note_%s_%s text;', m.n % 97, m.n, v),
       format('create index notes_%s_%s on orders_%s (created_at);', m.n, v, m.n % 97),
       format('create table notes_%s_%s (id bigint primary key, at timestamptz not null, note text);', m.n, v),
       format('insert into notes select generate_series(%s, %s), now(), ''note %s'';', m.n, m.n + 100, v),
       format('update orders_%s set note = ''corrected %s'' where id = %s;', m.n % 97, v, m.n)])[1 + m.n % 5] as up,
       (array[
       format('alter table orders_%s drop column note_%s_%s;', m.n % 97, m.n, v),
       format('drop index notes_%s_%s;', m.n, v),
       format('drop table notes_%s_%s;', m.n, v)])[1 + m.n % 5] as down) t;
create index on text_of (n, version);
analyze text_of;

insert into sql_texts (checksum, sql)
select checksum_up, up from text_of
 union
select checksum_down, down from text_of where down is not null;

insert into migration_versions (migration_id, version, checksum_up, checksum_down, transaction_mode, created_by, created_at)
select m.id, t.version, t.checksum_up, t.checksum_down, 'auto', r.requester,
       m.at + (m.n % 72) * interval '1 hour' * (t.version - 1)
  from text_of t join migration m on m.n = t.n join roster r on r.n = m.n % 1000
 order by m.n, t.version;

-- One statement each: what the splitter makes of it, as canonical JSON.
create temporary table plan_of as
  select distinct on (checksum) checksum, plan, encode(sha256(convert_to(plan, 'utf8')), 'hex') as hash
    from (select checksum_up as checksum, up as sql, kind from text_of
          union all
          select checksum_down, down, case kind when 'ALTER TABLE' then kind when 'CREATE INDEX' then 'DROP INDEX' else 'DROP TABLE' end
            from text_of where down is not null) t,
         lateral (select format(
           '{"checksum":"%s","engine":"postgres","mode":"single_transaction","splitter":"postgres/1","statements":[{"end":%s,"kind":"%s","line":1,"sha256":"%s","start":0,"transactional":"yes"}],"units":[{"first":0,"last":0,"transactional":true}]}',
           checksum, length(sql) - 1, kind, encode(sha256(convert_to(left(sql, -1), 'utf8')), 'hex')) as plan) p;
create index on plan_of (checksum);
analyze plan_of;

insert into plans (hash, checksum, engine, mode, statement_count, transactional_count, plan, problems)
select hash, checksum, 'postgres', 'single_transaction', 1, 1, plan, '[]' from plan_of;
