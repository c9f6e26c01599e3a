import { useCallback, useState } from 'react';
import { Load, useLoad } from './useLoad';

/** What a list of the API answers. */
export interface ListPage<T> {
  items: T[];
  nextCursor?: string;
}

/** A list that is read page by page from the server. */
export interface PagedList<T> extends Load<ListPage<T>> {
  /** Counted from 1. */
  page: number;
  next?: () => void;
  previous?: () => void;
}

type LoadPage<T> = (
  page: { cursor?: string },
  signal: AbortSignal,
) => Promise<ListPage<T>>;

/**
 * Pages by the server's cursor, and remembers the way back.
 *
 * @param load - stable, by `useCallback`; a new one (other filters) begins at the first page
 */
export function usePagedList<T>(load: LoadPage<T>): PagedList<T> {
  const [trail, setTrail] = useState<{ of: LoadPage<T>; cursors: string[] }>({
    of: load,
    cursors: [],
  });
  const cursors = trail.of === load ? trail.cursors : [];
  const cursor = cursors[cursors.length - 1];

  const list = useLoad(
    useCallback(
      (signal: AbortSignal) => load({ cursor }, signal),
      [load, cursor],
    ),
  );
  const nextCursor = list.loading ? undefined : list.value?.nextCursor;
  return {
    ...list,
    page: cursors.length + 1,
    next: nextCursor
      ? () => setTrail({ of: load, cursors: [...cursors, nextCursor] })
      : undefined,
    previous:
      cursors.length > 0
        ? () => setTrail({ of: load, cursors: cursors.slice(0, -1) })
        : undefined,
  };
}
