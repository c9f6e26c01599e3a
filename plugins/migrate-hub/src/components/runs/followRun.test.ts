import { LogLine } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { FollowRunOptions, followRun } from './followRun';

const line = (seq: number): LogLine => ({
  seq,
  at: '2026-01-31T12:00:00Z',
  level: 'info',
  runItem: '01936d5c-0000-7000-8000-000000000001',
  message: `line ${seq}`,
  attempt: 1,
});
const said = (seq: number) =>
  `id: ${seq}\nevent: line\ndata: ${JSON.stringify(line(seq))}\n\n`;
const changed = (status: string) =>
  `event: changed\ndata: {"status":"${status}","revision":1}\n\n`;

/** Each connection gets the next of these texts, in two pieces; then none is made. */
function follow(connections: (string | Error)[]) {
  const seen: number[] = [];
  const states: string[] = [];
  const resumedFrom: (string | undefined)[] = [];
  const abort = new AbortController();
  const options: FollowRunOptions = {
    runId: 'r',
    after: 0,
    signal: abort.signal,
    hub: {
      fetch: async (_route, _input, headers) => {
        resumedFrom.push(headers?.['Last-Event-ID']);
        const next = connections.shift() ?? new TypeError('no connection');
        if (next instanceof Error) throw next;
        const middle = next.length / 2;
        const pieces = [next.slice(0, middle), next.slice(middle)];
        const body = new ReadableStream<Uint8Array>({
          pull(controller) {
            const piece = pieces.shift();
            if (piece === undefined) controller.close();
            else controller.enqueue(new TextEncoder().encode(piece));
          },
        });
        return { ok: true, body } as Response;
      },
      call: async () => {
        abort.abort();
        return { items: [line(9)], nextAfter: 9, dropped: 0 } as never;
      },
    },
    onLine: ({ seq }) => seen.push(seq),
    onChanged: () => {},
    onState: state => states.push(state),
    wait: async () => {},
  };
  return { done: followRun(options), seen, states, resumedFrom };
}

describe('the live log', () => {
  it('goes on from the last line after a break, until the run has ended', async () => {
    const feed = follow([
      `: connected\n\n${changed('running')}${said(1)}${said(2)}`,
      `: connected\n\n: heartbeat\n\n${said(3)}${changed('executed')}`,
    ]);
    await feed.done;
    expect(feed.seen).toEqual([1, 2, 3]);
    expect(feed.resumedFrom).toEqual([undefined, '2']);
    expect(feed.states).toContain('reconnecting');
    expect(feed.states[feed.states.length - 1]).toBe('ended');
  });

  it('asks for the lines where no stream comes through', async () => {
    const feed = follow([
      new TypeError('refused'),
      new TypeError('refused'),
      ': connected\n\n',
    ]);
    await feed.done;
    expect(feed.states).toContain('polling');
    expect(feed.seen).toEqual([9]);
  });
});
