/** Another server answers for the database than the one an earlier session was on. */
export interface Failover {
  from: string;
  to: string;
}

/** @returns undefined where both sessions were on the same server, or it does not tell */
export function failoverBetween(
  earlier: { timeline?: string } | undefined,
  now: { timeline?: string },
): Failover | undefined {
  const from = earlier?.timeline;
  const to = now.timeline;
  return from && to && from !== to ? { from, to } : undefined;
}

export const failoverText = ({ from, to }: Failover): string =>
  `There was a failover since (timeline ${from} then, ${to} now): what is missing here may have been committed on the server before, so nothing is proved.`;
