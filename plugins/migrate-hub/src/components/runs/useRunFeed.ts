import {
  LogLine,
  MigrateHubClient,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useEffect, useRef, useState } from 'react';
import { FeedState, followRun } from './followRun';

/** So many lines stay on the page; all of them are in the download. */
const KEPT_LINES = 20_000;
/** Lines are shown in gulps: a render for each of 1,000 a second would freeze the page. */
const FLUSH_MS = 150;

export interface RunFeed {
  lines: readonly LogLine[];
  /** Lines that came before those and are no longer kept. */
  forgotten: number;
  state: FeedState;
}

/**
 * Follows a run while the page is open.
 *
 * @param options - `ended`: whether the run is known to have ended; when that
 * changes (a retry), it is followed anew from the last known line.
 */
export function useRunFeed(options: {
  hub: MigrateHubClient;
  runId: string;
  ended: boolean;
  onChanged: () => void;
}): RunFeed {
  const { hub, runId, ended, onChanged } = options;
  const [feed, setFeed] = useState<Omit<RunFeed, 'state'>>({
    lines: [],
    forgotten: 0,
  });
  const [state, setState] = useState<FeedState>('connecting');
  const last = useRef(0);

  useEffect(() => {
    last.current = 0;
    setFeed({ lines: [], forgotten: 0 });
  }, [runId]);

  useEffect(() => {
    const abort = new AbortController();
    let fresh: LogLine[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      const taken = fresh;
      fresh = [];
      setFeed(before => append(before, taken));
    };
    followRun({
      hub,
      runId,
      after: last.current,
      signal: abort.signal,
      onLine: line => {
        if (abort.signal.aborted || line.seq <= last.current) return;
        last.current = line.seq;
        fresh.push(line);
        timer ??= setTimeout(flush, FLUSH_MS);
      },
      onChanged,
      onState: next => {
        if (!abort.signal.aborted) setState(next);
      },
    });
    return () => {
      abort.abort();
      if (timer === undefined) return;
      clearTimeout(timer);
      flush();
    };
  }, [hub, runId, ended, onChanged]);

  return { ...feed, state };
}

function append(
  before: Omit<RunFeed, 'state'>,
  fresh: LogLine[],
): Omit<RunFeed, 'state'> {
  const lines = [...before.lines, ...fresh];
  const over = Math.max(lines.length - KEPT_LINES, 0);
  return {
    lines: over > 0 ? lines.slice(over) : lines,
    forgotten: before.forgotten + over,
  };
}
