import { mockServices } from '@backstage/backend-test-utils';
import {
  LogLine,
  Role,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Listener, listenerConnection } from '../store/Listener';
import { appendLogs } from '../store/runLogs';
import { ExecutionWorld } from '../executor/__testUtils__/ExecutionWorld';
import { CommandContext } from './context';
import { RunEvent } from './logStream';
import { LogsService } from './LogsService';

jest.setTimeout(60_000);

/** A reader of the log, whose account the world has. */
const readerWith = (role: Role, id: string) =>
  ({ caller: { user: { id, role, kind: 'person' } } } as CommandContext);

const access = { sensitive: 'permitted' } as const;
const all = { after: 0, limit: 1000 };

describe('logs of a run', () => {
  let world: ExecutionWorld;
  let listener: Listener;
  let logs: LogsService;
  let context: CommandContext;

  beforeEach(async () => {
    world = await ExecutionWorld.create({ targets: 2 });
    listener = Listener.create({
      connect: listenerConnection(world.knex),
      logger: mockServices.logger.mock(),
    });
    await listener.start();
    logs = LogsService.create({ knex: world.knex, listener });
    context = readerWith('manager', world.userId);
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
        const page = await logs.page(
          context,
          { runId },
          { ...all, after },
          access,
        );
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
      const page = await logs.page(
        context,
        { runId },
        { ...all, ...query },
        access,
      );
      return page.items.map(line => line.message);
    };
    const first = await logs.page(
      context,
      { runId },
      { ...all, limit: 2 },
      access,
    );
    expect(first.items.map(line => line.seq)).toEqual([1, 2]);
    expect(await messages({ after: first.nextAfter })).toEqual([
      'Slow lock',
      'Done',
    ]);
    expect(await messages({ item: two.id })).toEqual(['Slow lock']);
    expect(await messages({ level: 'warn' })).toEqual(['Slow lock']);
    expect(await messages({ q: 'LOCK' })).toEqual(['Lock taken', 'Slow lock']);
    const ofItem = await logs.page(context, { runItemId: one.id }, all, access);
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
      () => logs.page(context, { runId: nobody }, all, access),
      () => logs.page(context, { runItemId: nobody }, all, access),
      () => logs.page(context, { runId }, { ...all, item: nobody }, access),
      () => logs.text(context, { runId: nobody }, all, access),
      () => logs.stream(context, nobody, { ...access, after: 0, signal }),
    ]) {
      await expect(ask()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    const other = await world.request({ key: 'l', sqlUp: 'select 2;\n' });
    const [item] = await world.itemsOf(other);
    await expect(
      logs.page(context, { runId }, { ...all, item: item.id }, access),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('can be downloaded as text that names the targets', async () => {
    const runId = await world.request({ key: 'k', sqlUp: 'select 1;\n' });
    await world.startExecutor();
    await world.execute(runId);
    expect(await world.ended(runId)).toBe('executed');
    await world.knex('run_items').update({ log_dropped: 3 });
    const lines: string[] = [];
    for await (const line of await logs.text(context, { runId }, all, access)) {
      lines.push(line);
    }
    expect(lines.join('')).toMatch(
      /^\S+Z INFO {2}shop-1: Statement 1, line 1: SELECT \(1 rows, \d+ ms\)$/m,
    );
    expect(lines[lines.length - 1]).toBe('… 6 lines were not kept\n');
  });

  it('show what may hold rows to those only who may see it, and tell of downloads', async () => {
    const runId = await world.request({
      key: 'k',
      sqlUp: `do $$ begin raise notice 'told about row-4711'; end $$;
        create table t (id text primary key);
        insert into t values ('row-4711');
        insert into t values ('row-4711');`,
    });
    await world.startExecutor();
    await world.execute(runId);
    expect(await world.ended(runId)).toBe('failed');
    const user = readerWith('user', world.userId);
    const denied = { sensitive: 'denied' } as const;
    const read = async (
      who: CommandContext,
      may: { sensitive: 'permitted' | 'denied' },
      query: object = {},
    ) => (await logs.page(who, { runId }, { ...all, ...query }, may)).items;

    const everything = await read(context, access);
    const rows = everything.filter(line => line.message.includes('row-4711'));
    expect(rows.map(line => [line.sensitive, line.message])).toEqual(
      expect.arrayContaining([
        [true, 'NOTICE: told about row-4711'],
        [true, expect.stringContaining('Key (id)=(row-4711)')],
      ]),
    );
    expect(rows.every(line => line.sensitive)).toBe(true);
    for (const [who, may] of [
      [user, access],
      [context, denied],
    ] as const) {
      const seen = await read(who, may);
      expect(JSON.stringify(seen)).not.toContain('4711');
      expect(seen.map(line => line.seq)).toEqual(
        everything.map(line => line.seq),
      );
      expect(seen.filter(line => line.hidden)).toHaveLength(rows.length);
      expect(seen.find(line => line.hidden)?.message).toContain(
        'migrate-hub.log.sensitive',
      );
      // Neither can it be guessed by searching.
      expect(await read(who, may, { q: '4711' })).toEqual([]);
      const { signal } = new AbortController();
      const events = await logs.stream(who, runId, {
        ...may,
        after: 0,
        signal,
      });
      for await (const event of events) {
        expect(JSON.stringify(event)).not.toContain('4711');
      }
    }
    const text = async (who: CommandContext) => {
      let whole = '';
      for await (const line of await logs.text(who, { runId }, all, access)) {
        whole += line;
      }
      return whole;
    };
    expect(await text(context)).toContain('row-4711');
    expect(await text(user)).not.toContain('4711');
    const downloads = await world
      .knex('audit_events')
      .where({ action: 'log.downloaded', entity_id: runId })
      .orderBy('id');
    expect(downloads.map(({ payload }) => payload)).toMatchObject([
      { sensitiveLines: 'shown' },
      { sensitiveLines: 'hidden' },
    ]);
    const run = await world.knex('run_items').where({ run_id: runId });
    expect(JSON.stringify(run)).not.toContain('4711');
  });

  it('can be followed from any line to the end of the run', async () => {
    const runId = await world.request({ key: 'k', sqlUp: 'select 1;\n' });
    const follow = async (after: number): Promise<RunEvent[]> => {
      const { signal } = new AbortController();
      const seen: RunEvent[] = [];
      const events = await logs.stream(context, runId, {
        ...access,
        after,
        signal,
      });
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
      ...access,
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
