import { ResponseError } from '@backstage/errors';
import {
  LogLine,
  MigrateHubClient,
  RunStatus,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { readEvents } from './eventStream';

/** How the page learns what a run does. */
export type FeedState =
  | 'connecting'
  | 'live'
  | 'reconnecting'
  | 'polling'
  | 'ended';

/** A run in one of these does nothing any more, unless somebody retries it. */
export const ENDED: readonly RunStatus[] = [
  'executed',
  'failed',
  'canceled',
  'denied',
];

/** After so many failed connections in a row the lines are asked for instead. */
const STREAM_ATTEMPTS = 3;
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 15_000;
/** The hub says hello at once: a proxy that holds it back is found out early. */
const HELLO_MS = 10_000;
/** Heartbeats come every 15 seconds. */
const SILENCE_MS = 40_000;

export interface FollowRunOptions {
  hub: Pick<MigrateHubClient, 'call' | 'fetch'>;
  runId: string;
  /** `seq` of the last line that is known. */
  after: number;
  signal: AbortSignal;
  onLine: (line: LogLine) => void;
  /** The run or one of its items is not what it was: read it again. */
  onChanged: () => void;
  onState: (state: FeedState) => void;
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Follows a run until it has ended: by server-sent events, resumed from the
 * last line after a break, and by asking where no stream comes through.
 */
export async function followRun(options: FollowRunOptions): Promise<void> {
  const { signal, onState, wait = abortableWait } = options;
  const position = { after: options.after };
  let failures = 0;
  onState('connecting');
  while (!signal.aborted) {
    const heard = await readStream(options, position);
    if (signal.aborted) return;
    if (heard.ended) {
      onState('ended');
      return;
    }
    failures = heard.events > 0 ? 0 : failures + 1;
    if (failures >= STREAM_ATTEMPTS) {
      onState('polling');
      await poll(options, position);
    } else {
      onState('reconnecting');
    }
    await wait(backoff(failures), signal);
  }
}

/** Doubles, with a spread so that a hundred pages do not come back at once. */
function backoff(failures: number): number {
  const longest = Math.min(
    FIRST_BACKOFF_MS * 2 ** failures,
    LONGEST_BACKOFF_MS,
  );
  return longest / 2 + (Math.random() * longest) / 2;
}

async function readStream(
  options: FollowRunOptions,
  position: { after: number },
): Promise<{ events: number; ended: boolean }> {
  const { hub, runId, signal, onLine, onChanged, onState } = options;
  const attempt = new AbortController();
  const giveUp = () => attempt.abort();
  signal.addEventListener('abort', giveUp);
  let silence = setTimeout(giveUp, HELLO_MS);
  const onBytes = () => {
    clearTimeout(silence);
    silence = setTimeout(giveUp, SILENCE_MS);
    onState('live');
  };

  let events = 0;
  let status: RunStatus | undefined;
  try {
    const response = await hub.fetch(
      'streamRun',
      { params: { id: runId }, signal: attempt.signal },
      position.after > 0 ? { 'Last-Event-ID': String(position.after) } : {},
    );
    if (!response.ok || !response.body) {
      throw await ResponseError.fromResponse(response);
    }
    for await (const { event, data } of readEvents(response.body, onBytes)) {
      events += 1;
      if (event === 'line') {
        const line: LogLine = JSON.parse(data);
        position.after = line.seq;
        onLine(line);
      } else if (event === 'changed') {
        status = JSON.parse(data).status;
        onChanged();
      }
    }
    return { events, ended: status !== undefined && ENDED.includes(status) };
  } catch {
    // What was refused or broke is tried again, later and later.
    return { events, ended: false };
  } finally {
    clearTimeout(silence);
    signal.removeEventListener('abort', giveUp);
  }
}

async function poll(
  { hub, runId, signal, onLine, onChanged }: FollowRunOptions,
  position: { after: number },
): Promise<void> {
  try {
    const page = await hub.call('listRunLogs', {
      params: { id: runId },
      query: { after: position.after },
      signal,
    });
    for (const line of page.items) onLine(line);
    position.after = page.nextAfter;
  } catch {
    // The page shows "polling"; the next round may reach the hub.
  }
  onChanged();
}

function abortableWait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(done => {
    const timer = setTimeout(finish, ms);
    function finish() {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      done();
    }
    signal.addEventListener('abort', finish);
  });
}
