-- What the executors wrote: `generate.lines` lines, one chunk for each item that was begun.

create temporary table chunk as
  select i.run_id, i.id as item_id, i.status, r.started_at, i.ordinal,
         -- So many for each that it is the asked number in all.
         (pg_temp.setting('lines') * k / of - pg_temp.setting('lines') * (k - 1) / of)::int as lines
    from (select *, row_number() over (order by id) as k, count(*) over () as of
            from item where status in ('executed', 'skipped', 'failed')) i
    join run r on r.id = i.run_id;

insert into run_log_heads (run_id, next_seq)
select r.id, 1 + coalesce(sum(c.lines), 0) from run r left join chunk c on c.run_id = r.id group by r.id;

insert into run_logs (run_item_id, attempt, first_seq, last_seq, run_id, lines)
select c.item_id, 1, c.last_seq - c.lines + 1, c.last_seq, c.run_id,
       (select jsonb_agg(jsonb_build_object(
                 'seq', c.last_seq - c.lines + l,
                 'at', to_char((c.started_at + c.ordinal * interval '1 second' + l * interval '20 ms') at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                 'level', case when l = c.lines and c.status = 'failed' then 'error' when l = 7 then 'warn' when l in (2, 3) then 'debug' else 'info' end,
                 'message', case
                   when l = c.lines then case c.status when 'failed' then 'Failed: canceling statement due to lock timeout' when 'skipped' then 'Skipped: the history has it already' else 'Committed' end
                   else (array['Connected to PostgreSQL 17.2', 'Session 4711, timeline 1', 'Took the lock of the target',
                     'The history does not have it', 'Statement 1 of 1: ALTER TABLE', 'Waiting for a lock on the table',
                     'NOTICE from the server', 'Rows changed', 'History row written', 'Ledger row written'])[1 + (l - 1) % 10] end)
               || case when l = 7 then '{"sensitive": true}'::jsonb when l = 8 then jsonb_build_object('rows', c.ordinal, 'statementIndex', 0, 'durationMs', 12.5) else '{}' end
               order by l)
          from generate_series(1, c.lines) l)
  from (select *, sum(lines) over (partition by run_id order by ordinal) as last_seq from chunk) c
 where c.lines > 0
 order by c.started_at, c.run_id, c.ordinal;
