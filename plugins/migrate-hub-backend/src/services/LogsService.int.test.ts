import { mockServices } from '@backstage/backend-test-utils';
import { LogLine } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { waitUntil } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { Listener, listenerConnection } from '../store/Listener';
import { appendLogs } from '../store/runLogs';
import { ExecutionWorld } from '../executor/__testUtils__/ExecutionWorld';
import { CommandContext } from './context';
import { RunEvent } from './logStream';
import { LogsService } from './LogsService';

jest.setTimeout(60_000);

const context = {} as CommandContext;
const all = { after: 0, limit: 1000 };

describe('logs of a run', () => {
  let world: ExecutionWorld;
  let listener: Listener;
  let logs: LogsService;

  beforeEach(async () => {
    world = await ExecutionWorld.create({ targets: 2 });
    listener = Listener.create({
      connect: listenerConnection(world.knex),
      logger: mockServices.logger.mock(),
    });
    await listener.start();
    logs = LogsService.create({ knex: world.knex, listener });
  });
  afterEach(async () => {
    await listener.stop();
    await world.drop();
  });

  const entry = (message: string, level: 'info' | 'warn' = 'info') => ({
    at: new Date().toISOString(),
    level,
    message,
  });

  async function say(runId: string, itemId: string, messages: string[]) {
    await world.knex.transaction(tx =>
      appendLogs(tx, runId, [
        { itemId, attempt: 1, entries: messages.map(text => entry(text)) },
      ]),
    );
  }

  it('are numbered without a gap though many write at once, and no reader misses a line', async () => {
    const runId = await world.request({ key: 'k', sqlUp: 'select 1;\n' });
    const items = await world.itemsOf(runId);
    const read: LogLine[] = [];
    let writing = true;
    const reader = (async () => {
      for (let last = false; ; last = !writing) {
        const after = read.length > 0 ? read[read.length - 1].seq : 0;
        const page = await logs.page(context, { runId }, { ...all, after });
        read.push(...page.items);
        if (last) return;
      }
    })();
    await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        say(runId, items[n % 2].id, [`${n} a`, `${n} b`, `${n} c`]),
      ),
    );
    writing = false;
    await reader;
    expect(read.map(line => line.seq)).toEqual(
      Array.from({ length: 120 }, (_, n) => n + 1),
    );
  });

  it('come in pages, by item, by level and by words', async () => {
    const runId = await world.request({ key: 'k', sqlUp: 'select 1;\n' });
    const [one, two] = await world.itemsOf(runId);
    await say(runId, one.id, ['Connected', 'Lock taken']);
    await world.knex.transaction(tx =>
      appendLogs(tx, runId, [
        { itemId: two.id, attempt: 1, entries: [entry('Slow lock', 'warn')] },
      ]),
    );
    await say(runId, one.id, ['Done']);
    const messages = async (
      query: Partial<Parameters<typeof logs.page>[2]>,
    ) => {
      const page = await logs.page(context, { runId }, { ...all, ...query });
      return page.items.map(line => line.message);
    };
    const first = await logs.page(context, { runId }, { ...all, limit: 2 });
    expect(first.items.map(line => line.seq)).toEqual([1, 2]);
    expect(await messages({ after: first.nextAfter })).toEqual([
      'Slow lock',
      'Done',
    ]);
    expect(await messages({ item: two.id })).toEqual(['Slow lock']);
    expect(await messages({ level: 'warn' })).toEqual(['Slow lock']);
    expect(await messages({ q: 'LOCK' })).toEqual(['Lock taken', 'Slow lock']);
    const ofItem = await logs.page(context, { runItemId: one.id }, all);
    expect(ofItem.items).toMatchObject([
      { seq: 1, runItem: one.id, attempt: 1 },
      { seq: 2 },
      { seq: 4, message: 'Done' },
    ]);
  });

  it('are refused for a run that is not there, and for an item of another run', async () => {
    const runId = await world.request({ key: 'k', sqlUp: 'select 1;\n' });
    const nobody = '00000000-0000-7000-8000-000000000000';
    const { signal } = new AbortController();
    for (const ask of [
      () => logs.page(context, { runId: nobody }, all),
      () => logs.page(context, { runItemId: nobody }, all),
      () => logs.page(context, { runId }, { ...all, item: nobody }),
      () => logs.text(context, { runId: nobody }, all),
      () => logs.stream(context, nobody, { after: 0, signal }),
    ]) {
      await expect(ask()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    const other = await world.request({ key: 'l', sqlUp: 'select 2;\n' });
    const [item] = await world.itemsOf(other);
    await expect(
      logs.page(context, { runId }, { ...all, item: item.id }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('can be downloaded as text that names the targets', async () => {
    const runId = await world.request({ key: 'k', sqlUp: 'select 1;\n' });
    await world.startExecutor();
    await world.execute(runId);
    await waitUntil('the run has ended', async () => {
      return (await world.statusOf(runId)) === 'executed';
    });
    await world.knex('run_items').update({ log_dropped: 3 });
    const lines: string[] = [];
    for await (const line of await logs.text(context, { runId }, all)) {
      lines.push(line);
    }
    expect(lines.join('')).toMatch(
      /^\S+Z INFO {2}shop-1: Statement 1, line 1: SELECT \(1 rows, \d+ ms\)$/m,
    );
    expect(lines[lines.length - 1]).toBe('… 6 lines were not kept\n');
  });

  it('can be followed from any line to the end of the run', async () => {
    const runId = await world.request({ key: 'k', sqlUp: 'select 1;\n' });
    const follow = async (after: number): Promise<RunEvent[]> => {
      const { signal } = new AbortController();
      const seen: RunEvent[] = [];
      const events = await logs.stream(context, runId, { after, signal });
      for await (const event of events) seen.push(event);
      return seen;
    };
    const whole = follow(0);
    const rest = follow(4);
    await world.startExecutor();
    await world.execute(runId);
    const events = await whole;
    const seqs = events.flatMap(event =>
      event.type === 'line' ? [event.line.seq] : [],
    );
    const stored = await world.logOf(runId);
    expect(seqs).toEqual(stored.map(line => line.seq));
    expect(events[events.length - 1]).toMatchObject({
      type: 'changed',
      status: 'executed',
    });
    expect(
      events.map(event => event.type === 'changed' && event.status),
    ).toEqual(expect.arrayContaining(['approved', 'executed']));
    const later = (await rest).filter(event => event.type === 'line');
    expect(later).toHaveLength(stored.length - 4);
  });

  it('end for a reader that goes away', async () => {
    const runId = await world.request({ key: 'k', sqlUp: 'select 1;\n' });
    const controller = new AbortController();
    const events = await logs.stream(context, runId, {
      after: 0,
      signal: controller.signal,
    });
    const seen: RunEvent[] = [];
    for await (const event of events) {
      seen.push(event);
      controller.abort();
    }
    expect(seen).toMatchObject([{ type: 'changed', status: 'approved' }]);
  });
});
