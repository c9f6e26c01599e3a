import { Tx } from './Database';

/** Seconds as an interval of the database. */
const INTERVAL = 'make_interval(secs => ?)';

/**
 * Writes the heartbeat of an executor, the first time too.
 *
 * @remarks
 * `steady_since` starts anew after a gap of half a lease: an executor that was
 * cut off from this database, as all of them may have been, takes nothing over
 * from others before it has been back for a whole lease.
 */
export async function beat(
  tx: Tx,
  executor: {
    id: string;
    host: string;
    leaseSeconds: number;
    knows: readonly string[];
  },
): Promise<void> {
  await tx.raw(
    `insert into executors (id, host, knows) values (?, ?, ?)
     on conflict (id) do update set
       steady_since = case
         when executors.heartbeat_at < now() - ${INTERVAL} then now()
         else executors.steady_since end,
       heartbeat_at = now()`,
    [
      executor.id,
      executor.host,
      [...executor.knows],
      executor.leaseSeconds / 2,
    ],
  );
}

/** An executor that has stopped: whatever it left may be taken over at once. */
export async function retire(tx: Tx, id: string): Promise<void> {
  await tx('executors').where({ id }).update({ heartbeat_at: 'epoch' });
}

/** Whether an executor that knows these schemes has been heard of within a while. */
export async function isExecutorAlive(
  tx: Tx,
  ask: { needs: readonly string[]; withinSeconds: number },
): Promise<boolean> {
  const row = await tx('executors')
    .whereRaw('knows @> ?::text[]', [[...ask.needs]])
    .whereRaw(`heartbeat_at > now() - ${INTERVAL}`, [ask.withinSeconds])
    .first(tx.raw('true as alive'));
  return row !== undefined;
}

/** An attempt as the database sees it now. */
export interface WatchedAttempt {
  itemId: string;
  attempt: number;
  cancelRequested: boolean;
}

/**
 * What became of the items an executor works on, and what else is in its hands.
 *
 * @remarks relies on run_items_executor
 */
export async function watchAttempts(
  tx: Tx,
  of: { executorId: string; itemIds: string[] },
): Promise<WatchedAttempt[]> {
  const { rows } = await tx.raw(
    `select i.id, i.attempt, r.cancel_requested_at is not null as canceled
       from run_items i join runs r on r.id = i.run_id
      where i.id = any(:itemIds::uuid[])
     union
     select i.id, i.attempt, r.cancel_requested_at is not null
       from run_items i join runs r on r.id = i.run_id
      where i.executor_id = :executorId and i.status = 'running'`,
    { ...of },
  );
  return rows.map(
    (row: { id: string; attempt: number; canceled: boolean }) => ({
      itemId: row.id,
      attempt: row.attempt,
      cancelRequested: row.canceled,
    }),
  );
}
