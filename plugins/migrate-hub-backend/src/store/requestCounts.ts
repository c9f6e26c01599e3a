import { Tx } from './Database';

/** How often something was asked for in the minute that is running. */
export interface MinuteCount {
  count: number;
  /** Until the next minute of the database's clock begins. */
  secondsLeft: number;
}

/** Counts one more call, and forgets the minutes that are over. One statement. */
export async function countRequest(
  tx: Tx,
  subject: string,
): Promise<MinuteCount> {
  const { rows } = await tx.raw(
    `
    with forgotten as (
      delete from request_counts where minute < now() - interval '5 minutes'
    )
    insert into request_counts as c (subject, minute, count)
    values (?, date_trunc('minute', now()), 1)
    on conflict (subject, minute) do update set count = c.count + 1
    returning count,
      ceil(extract(epoch from minute + interval '1 minute' - now()))::int as left
    `,
    [subject],
  );
  return { count: rows[0].count, secondsLeft: Math.max(1, rows[0].left) };
}
