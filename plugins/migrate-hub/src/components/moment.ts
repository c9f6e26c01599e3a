/** The time zone of the reader's clock. */
export const readersZone = (): string =>
  new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A moment on the clock of a zone: `Mon 30 Nov 2026, 09:00 Europe/Berlin`. */
export function momentText(at: string, timeZone = readersZone()): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(new Date(at));
  const part = (type: Intl.DateTimeFormatPartTypes) =>
    parts.find(one => one.type === type)?.value ?? '';
  const day = ['weekday', 'day', 'month', 'year'] as const;
  const date = day.map(part).join(' ');
  return `${date}, ${part('hour')}:${part('minute')} ${timeZone}`;
}

/** `2026-01-31T10:00` of the reader's clock as the API wants it. */
export function instantOf(local: string | undefined): string | undefined {
  if (!local) return undefined;
  const time = new Date(local);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/** A moment as a field of the reader's clock has it: `2026-01-31T10:00`. */
export function localOf(at: string): string {
  const time = new Date(at);
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}
