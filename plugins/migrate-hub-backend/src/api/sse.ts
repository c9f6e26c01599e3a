import { Response } from 'express';
import { once } from 'events';

const HEARTBEAT_MS = 15_000;

/** One server-sent event. */
export interface ServerSentEvent {
  id?: number;
  event: string;
  data: unknown;
}

function encode({ id, event, data }: ServerSentEvent): string {
  const head = id === undefined ? '' : `id: ${id}\n`;
  return `${head}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/**
 * Sends events until they end, the signal fires or the client goes.
 *
 * @param options - `beat`: called with each heartbeat; the stream ends when it
 * rejects; `heartbeatMs`: between two of them, 15 s unless a test cannot wait
 */
export async function sendEvents(
  res: Response,
  events: AsyncIterable<ServerSentEvent>,
  options: {
    signal: AbortSignal;
    beat: () => Promise<void>;
    end: () => void;
    heartbeatMs?: number;
  },
): Promise<void> {
  const { signal, beat, end, heartbeatMs = HEARTBEAT_MS } = options;
  res.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    // no-transform: compression would hold lines back.
    'Cache-Control': 'no-cache, no-transform',
    'X-Accel-Buffering': 'no',
  });
  res.flushHeaders();
  res.write(': connected\n\n');

  const heartbeat = setInterval(() => {
    res.write(': heartbeat\n\n');
    beat().catch(end);
  }, heartbeatMs);
  try {
    for await (const event of events) {
      if (signal.aborted) break;
      // A slow reader is waited for, so that its lines are not kept in memory.
      if (!res.write(encode(event))) await once(res, 'drain', { signal });
    }
  } catch (error) {
    // Fired by the client, the token or the shutdown: the end that was meant.
    if (!signal.aborted) throw error;
  } finally {
    clearInterval(heartbeat);
  }
  res.end();
}
