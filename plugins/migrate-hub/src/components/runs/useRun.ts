import {
  MigrateHubClient,
  Run,
  RunItem,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback, useEffect, useRef, useState } from 'react';

const ITEMS_A_PAGE = 200;
/** Between two readings of a run that changes all the time. */
const REST_MS = 1000;

/** A run with all of its items. */
export interface RunWithItems {
  run: Run;
  items: RunItem[];
}

export interface RunLoad {
  value?: RunWithItems;
  error?: Error;
  loading: boolean;
  /** Reads it again: soon, and once for any number of calls until then. */
  reload: () => void;
}

/** Reads a run, and again whenever something is said about it; what was read stays meanwhile. */
export function useRun(hub: MigrateHubClient, id: string): RunLoad {
  const [state, setState] = useState<Omit<RunLoad, 'reload'>>({
    loading: true,
  });
  const wanted = useRef(() => {});

  useEffect(() => {
    const abort = new AbortController();
    let reading = false;
    let again = false;
    let rest: ReturnType<typeof setTimeout> | undefined;

    async function read(): Promise<void> {
      reading = true;
      again = false;
      try {
        const value = await readRun(hub, id, abort.signal);
        if (abort.signal.aborted) return;
        setState({ value, loading: false });
      } catch (error) {
        if (abort.signal.aborted) return;
        const known = error instanceof Error ? error : new Error(String(error));
        setState(({ value }) => ({ value, error: known, loading: false }));
      }
      rest = setTimeout(() => {
        reading = false;
        if (again) read();
      }, REST_MS);
    }
    wanted.current = () => {
      if (reading) again = true;
      else read();
    };

    setState({ loading: true });
    read();
    return () => {
      abort.abort();
      clearTimeout(rest);
    };
  }, [hub, id]);

  const reload = useCallback(() => wanted.current(), []);
  return { ...state, reload };
}

async function readRun(
  hub: MigrateHubClient,
  id: string,
  signal: AbortSignal,
): Promise<RunWithItems> {
  const params = { id };
  const run = await hub.call('getRun', { params, signal });
  if (run.items.length >= run.itemCounts.total)
    return { run, items: run.items };
  const items: RunItem[] = [];
  let cursor: string | undefined;
  do {
    const page = await hub.call('listRunItems', {
      params,
      query: { limit: ITEMS_A_PAGE, cursor },
      signal,
    });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return { run, items };
}
