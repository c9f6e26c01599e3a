/** `85 ms`, `1.2 s`, `3 min`, `2 h 5 min`. */
export function durationText(ms: number): string {
  if (ms < 0) return durationText(0);
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.round(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest ? ` ${rest} min` : ''}`;
}

interface DurationProps {
  /** ISO times; nothing is shown before the start. */
  from?: string;
  /** Now, while it is still going on. */
  to?: string;
}

/** How long something took, or takes so far. */
export const Duration = ({ from, to }: DurationProps) => {
  if (!from) return <>–</>;
  const end = to ? Date.parse(to) : Date.now();
  return <>{durationText(end - Date.parse(from))}</>;
};
