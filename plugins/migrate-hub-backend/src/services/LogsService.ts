import {
  LogLine,
  LogPage,
  logQuerySchema,
  LogLevel,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { z } from 'zod';
import { sensitiveLogRefusal } from '../domain/caller';
import { HubError } from '../errors';
import { appendAuditEvent } from '../store/audit';
import { CHANNELS, Listener } from '../store/Listener';
import { findRunItem } from '../store/runItems';
import { droppedLines, readLogChunks } from '../store/runLogs';
import { findRun } from '../store/runs';
import { CommandContext } from './context';
import { followRun, RunEvent } from './logStream';

/** Whose log: a whole run's, or that of one target in it. */
export type LogSubject = { runId: string } | { runItemId: string };

type LogQuery = z.output<typeof logQuerySchema>;

/** What the portal's policy says; the hub's own rule comes on top. */
export interface LogAccess {
  sensitive: 'permitted' | 'denied';
}

const HIDDEN =
  '(hidden: the database said this, and it may hold rows; managers and admins with the permission migrate-hub.log.sensitive can read it)';

const seesAll = ({ caller }: CommandContext, access: LogAccess) =>
  access.sensitive === 'permitted' &&
  sensitiveLogRefusal(caller.user) === undefined;

/** Of a log with short chunks more are read at a time, until it is about so many lines. */
const LINES_A_READ = 2_000;
const FEWEST_CHUNKS = 20;
const MOST_CHUNKS = 500;

/** A page with a rare search term ends here; the reader goes on from `nextAfter`. */
const LINES_A_PAGE = 100_000;

const LEVELS: LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Reads what the executors wrote: pages, downloads, live. */
export class LogsService {
  readonly #knex: Knex;
  readonly #listener: Listener;

  private constructor(options: { knex: Knex; listener: Listener }) {
    this.#knex = options.knex;
    this.#listener = options.listener;
  }

  static create(options: { knex: Knex; listener: Listener }): LogsService {
    return new LogsService(options);
  }

  /**
   * Lines after `query.after`, in the order of the run. `level` is the least
   * severe to show; a line that is hidden is not searched either.
   *
   * @throws HubError `NOT_FOUND`
   */
  async page(
    context: CommandContext,
    subject: LogSubject,
    query: LogQuery,
    access: LogAccess,
  ): Promise<LogPage> {
    const of = await this.#found(subject, query);
    const matches = matcher(query);
    const show = readerOf(context, access);
    const items: LogLine[] = [];
    let nextAfter = query.after;
    let read = 0;
    for await (const stored of readLines(this.#knex, of, query.after)) {
      const line = show(stored);
      nextAfter = line.seq;
      read += 1;
      if (matches(line)) items.push(line);
      if (items.length >= query.limit || read >= LINES_A_PAGE) break;
    }
    return { items, nextAfter, dropped: await droppedLines(this.#knex, of) };
  }

  /**
   * The whole log as lines of text, to take home: that it was is in the audit
   * trail before the first line.
   *
   * @throws HubError `NOT_FOUND`
   */
  async text(
    context: CommandContext,
    subject: LogSubject,
    query: LogQuery,
    access: LogAccess,
  ): Promise<AsyncIterable<string>> {
    const of = await this.#found(subject, query);
    const names = await this.#targetNames(of);
    const entity =
      'runId' in of
        ? { entityType: 'run' as const, entityId: of.runId }
        : { entityType: 'run_item' as const, entityId: of.itemId };
    await this.#knex.transaction(tx =>
      appendAuditEvent(tx, {
        ...entity,
        actorId: context.caller.user.id,
        action: 'log.downloaded',
        requestId: context.requestId,
        payload: {
          after: query.after,
          level: query.level,
          filtered: query.q !== undefined,
          sensitiveLines: seesAll(context, access) ? 'shown' : 'hidden',
        },
      }),
    );
    const show = readerOf(context, access);
    return this.#textLines(of, { query, names, show });
  }

  /**
   * Follows a run from the line after `after` until its end or the signal.
   *
   * @throws HubError `NOT_FOUND`, before the first event
   */
  async stream(
    context: CommandContext,
    runId: string,
    options: LogAccess & { after: number; signal: AbortSignal },
  ): Promise<AsyncIterable<RunEvent>> {
    await this.#found({ runId }, {});
    const show = readerOf(context, options);
    return followRun({
      knex: this.#knex,
      runId,
      signal: options.signal,
      lines: after => shown(readLines(this.#knex, { runId }, after), show),
      after: options.after,
      onChange: wake =>
        this.#listener.on(CHANNELS.changes, changed => {
          if (changed === runId || changed === '') wake();
        }),
    });
  }

  async *#textLines(
    of: StoredSubject,
    options: {
      query: LogQuery;
      names: ReadonlyMap<string, string>;
      show: Show;
    },
  ): AsyncIterable<string> {
    const { query, show } = options;
    const matches = matcher(query);
    const lines = readLines(this.#knex, of, query.after);
    for await (const line of shown(lines, show)) {
      if (matches(line)) {
        yield textOf(line, options.names.get(line.runItem) ?? line.runItem);
      }
    }
    const dropped = await droppedLines(this.#knex, of);
    if (dropped > 0) yield `… ${dropped} lines were not kept\n`;
  }

  async #found(
    subject: LogSubject,
    query: Pick<LogQuery, 'item'>,
  ): Promise<StoredSubject> {
    if ('runId' in subject) {
      if (!(await findRun(this.#knex, subject.runId))) {
        throw new HubError(
          'NOT_FOUND',
          `There is no run with id ${subject.runId}.`,
        );
      }
      if (!query.item) return subject;
    }
    const itemId = 'runId' in subject ? query.item : subject.runItemId;
    const item = itemId && (await findRunItem(this.#knex, itemId));
    const ofRun = 'runId' in subject ? subject.runId : item && item.runId;
    if (!item || item.runId !== ofRun) {
      throw new HubError(
        'NOT_FOUND',
        `There is no run item with id ${itemId}.`,
      );
    }
    return { itemId: item.id };
  }

  async #targetNames(of: StoredSubject): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#knex('run_items as i')
      .join('db_targets as t', 't.id', 'i.target_id')
      .where('runId' in of ? { 'i.run_id': of.runId } : { 'i.id': of.itemId })
      .select('i.id', 't.name');
    return new Map(rows.map(row => [row.id, row.name]));
  }
}

/** A line as one reader sees it. */
type Show = (line: LogLine) => LogLine;

function readerOf(context: CommandContext, access: LogAccess): Show {
  if (seesAll(context, access)) return line => line;
  return line =>
    line.sensitive ? { ...line, message: HIDDEN, hidden: true } : line;
}

async function* shown(
  lines: AsyncIterable<LogLine>,
  show: Show,
): AsyncIterable<LogLine> {
  for await (const line of lines) yield show(line);
}

type StoredSubject = { runId: string } | { itemId: string };

/** Lines in their order, read piece by piece: a log may be long. */
async function* readLines(
  knex: Knex,
  of: StoredSubject,
  after: number,
): AsyncIterable<LogLine> {
  let from = after;
  let limit = FEWEST_CHUNKS;
  for (;;) {
    const chunks = await readLogChunks(knex, of, { after: from, limit });
    let lines = 0;
    for (const chunk of chunks) {
      lines += chunk.lines.length;
      for (const line of chunk.lines) {
        if (line.seq <= after) continue;
        yield { ...line, runItem: chunk.itemId, attempt: chunk.attempt };
      }
      from = chunk.lastSeq;
    }
    if (chunks.length < limit) return;
    const fitting = Math.round((LINES_A_READ * chunks.length) / lines);
    limit = Math.min(MOST_CHUNKS, Math.max(FEWEST_CHUNKS, fitting));
  }
}

function matcher(query: LogQuery): (line: LogLine) => boolean {
  const least = query.level ? LEVELS.indexOf(query.level) : 0;
  const words = query.q?.toLowerCase();
  return line =>
    LEVELS.indexOf(line.level) >= least &&
    (!words || line.message.toLowerCase().includes(words));
}

function textOf(line: LogLine, target: string): string {
  const facts = [
    line.rows === undefined ? undefined : `${line.rows} rows`,
    line.durationMs === undefined
      ? undefined
      : `${Math.round(line.durationMs)} ms`,
  ].filter(fact => fact !== undefined);
  const tail = facts.length > 0 ? ` (${facts.join(', ')})` : '';
  const level = line.level.toUpperCase().padEnd(5);
  return `${line.at} ${level} ${target}: ${line.message}${tail}\n`;
}
