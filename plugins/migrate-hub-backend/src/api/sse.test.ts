import express from 'express';
import { AddressInfo } from 'net';
import { createServer, Server } from 'http';
import { sendEvents, ServerSentEvent } from './sse';

describe('a stream of events', () => {
  let server: Server;
  afterEach(
    () =>
      new Promise<void>(resolve => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );

  /** Streams events to one client; `ended` resolves when the server is done with it. */
  async function open(
    events: (signal: AbortSignal) => AsyncIterable<ServerSentEvent>,
    options: { beat?: () => Promise<void>; heartbeatMs?: number } = {},
  ) {
    const ending = new AbortController();
    let done: (error?: unknown) => void = () => {};
    const ended = new Promise<unknown>(resolve => {
      done = resolve;
    });
    const app = express();
    app.get('/', (_req, res) => {
      res.once('close', () => ending.abort());
      sendEvents(res, events(ending.signal), {
        signal: ending.signal,
        beat: async () => {},
        end: () => ending.abort(),
        ...options,
      }).then(() => done(), done);
    });
    server = createServer(app).listen(0);
    const { port } = server.address() as AddressInfo;
    const client = new AbortController();
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      signal: client.signal,
    });
    return { response, ending, ended, leave: () => client.abort() };
  }

  const untilAborted = (signal: AbortSignal) =>
    new Promise<void>(resolve => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });

  it('can be resumed after any line, and is never held back', async () => {
    const { response } = await open(async function* two() {
      yield { id: 7, event: 'line', data: { message: 'first\nline' } };
      yield { event: 'changed', data: { status: 'executed' } };
    });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(response.headers.get('cache-control')).toBe(
      'no-cache, no-transform',
    );
    expect(await response.text()).toBe(
      [
        ': connected\n\n',
        'id: 7\nevent: line\ndata: {"message":"first\\nline"}\n\n',
        'event: changed\ndata: {"status":"executed"}\n\n',
      ].join(''),
    );
  });

  it('ends when its time is up', async () => {
    const { response, ending, ended } = await open(async function* forever(
      signal,
    ) {
      yield { id: 1, event: 'line', data: {} };
      await untilAborted(signal);
    });
    ending.abort();
    expect(await response.text()).toContain('id: 1\n');
    expect(await ended).toBeUndefined();
  });

  it('asks at each heartbeat whether the session still holds, and ends when it does not', async () => {
    let beats = 0;
    const { response, ended } = await open(
      async function* forever(signal) {
        await untilAborted(signal);
        yield { id: 1, event: 'line', data: 'never sent' };
      },
      {
        heartbeatMs: 5,
        beat: async () => {
          beats += 1;
          if (beats === 3) throw new Error('the session was revoked');
        },
      },
    );
    const text = await response.text();
    expect(await ended).toBeUndefined();
    expect(beats).toBe(3);
    expect(text).toMatch(/^: connected\n\n(: heartbeat\n\n){3}$/);
  });

  it('is left alone when the client goes', async () => {
    let closed = false;
    const { leave, ended } = await open(async function* forever(signal) {
      try {
        await untilAborted(signal);
        yield { id: 1, event: 'line', data: {} };
      } finally {
        closed = true;
      }
    });
    leave();
    expect(await ended).toBeUndefined();
    expect(closed).toBe(true);
  });

  it('waits for a slow reader', async () => {
    let sent = 0;
    const { response, ending, ended } = await open(async function* flood() {
      for (let id = 1; id < 100_000; id += 1) {
        sent = id;
        yield { id, event: 'line', data: 'x'.repeat(10_000) };
      }
    });
    const reader = response.body?.getReader();
    await reader?.read();
    const before = sent;
    expect(before).toBeLessThan(50_000);
    ending.abort();
    expect(await ended).toBeUndefined();
    await reader?.cancel();
  });
});
