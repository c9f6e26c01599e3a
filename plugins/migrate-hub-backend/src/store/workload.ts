import { Tx } from './Database';

/** What waits and what runs, of all replicas together. */
export interface Workload {
  environments: {
    environment: string;
    /** Items that an executor may claim: not those of runs that wait for a time, a person or a rule. */
    queued: number;
    /** How long the oldest of them has waited. */
    queuedSeconds: number;
    running: number;
    /** Failed items whose outcome a person has to find out. */
    unresolved: number;
    /** Runs that wait for approval, and the oldest of them. */
    awaiting: number;
    awaitingSeconds: number;
  }[];
  /** Executors with a heartbeat in the last minute. */
  executors: number;
  /** Events that nobody was told of yet. */
  untold: number;
  /** Deliveries to webhooks that were not made yet. */
  undelivered: number;
}

/**
 * Counts the work for the metrics.
 *
 * @remarks relies on run_items_waiting, run_items_executor, run_items_trouble and
 * runs_status, so that it costs the same with a million finished items
 */
export async function readWorkload(tx: Tx): Promise<Workload> {
  const { rows } = await tx.raw(`
    select environment,
           sum(queued)::int as queued,
           coalesce(max(queued_seconds), 0)::float8 as "queuedSeconds",
           sum(running)::int as running,
           sum(unresolved)::int as unresolved,
           sum(awaiting)::int as awaiting,
           coalesce(max(awaiting_seconds), 0)::float8 as "awaitingSeconds"
      from (
        select r.environment, count(*) as queued,
               extract(epoch from now() - min(i.queued_at)) as queued_seconds,
               0 as running, 0 as unresolved, 0 as awaiting, null::numeric as awaiting_seconds
          from run_items i join runs r on r.id = i.run_id
         where i.claimable and r.hold is null group by 1
        union all
        select r.environment, 0, null, count(*), 0, 0, null
          from run_items i join runs r on r.id = i.run_id
         where i.status = 'running' group by 1
        union all
        select r.environment, 0, null, 0, count(*), 0, null
          from run_items i join runs r on r.id = i.run_id
         where i.status = 'failed' and i.outcome in ('unknown', 'partially_applied') group by 1
        union all
        select environment, 0, null, 0, 0, count(*),
               extract(epoch from now() - min(created_at))
          from runs where status = 'awaiting_approval' group by 1
      ) as parts
     group by environment`);
  const alive = await tx.raw(`
    select (select count(*)::int from executors
             where heartbeat_at > now() - interval '1 minute') as executors,
           (select count(*)::int from event_feed) as untold,
           (select count(*)::int from webhook_deliveries
             where status = 'waiting') as undelivered`);
  return { environments: rows, ...alive.rows[0] };
}
