/** Database NULL to undefined, so that `null` does not spread into our types. */
export const optional = <T>(value: T | null | undefined): T | undefined =>
  value ?? undefined;

/** SQL for a time as text with its microseconds: what a cursor must keep. */
export const exactTime = (column: string, alias: string): string =>
  `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as ${alias}`;

/** `%` and `_` in a search text mean themselves. */
export const likeText = (text: string): string =>
  `%${text.replace(/[\\%_]/g, '\\$&')}%`;
