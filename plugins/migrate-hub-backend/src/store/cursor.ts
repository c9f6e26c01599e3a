import { HubError } from '../errors';

/** A place in a list that is ordered by time and id. */
export interface Cursor {
  at: string;
  id: string;
}

const encodeCursor = (cursor: Cursor): string =>
  Buffer.from(JSON.stringify([cursor.at, cursor.id])).toString('base64url');

/** @throws HubError `INVALID_CURSOR` */
export function decodeCursor(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined;
  try {
    const [at, id] = JSON.parse(Buffer.from(text, 'base64url').toString());
    const whole =
      typeof at === 'string' &&
      /^[0-9a-f-]{36}$/.test(id) &&
      !Number.isNaN(Date.parse(at));
    if (whole) return { at, id };
  } catch {
    // Told below: the reason is the same for every broken cursor.
  }
  throw new HubError(
    'INVALID_CURSOR',
    'The cursor is not one that this list gave. Start again without it.',
  );
}

/**
 * Cuts a page out of `limit + 1` rows.
 *
 * @param at - the row's ordering time with its microseconds, as text of the database
 */
export function toPage<R extends { id: string }, T>(
  rows: R[],
  limit: number,
  options: { at: (row: R) => string; item: (row: R) => T },
): { items: T[]; nextCursor?: string } {
  const page = rows.slice(0, limit);
  const last = page[page.length - 1];
  return {
    items: page.map(options.item),
    nextCursor:
      rows.length > limit
        ? encodeCursor({ at: options.at(last), id: last.id })
        : undefined,
  };
}
