import { LoggerService } from '@backstage/backend-plugin-api';
import { Knex } from 'knex';
import { saveProgress } from '../store/runItemClaims';
import { appendLogs, LogChunk } from '../store/runLogs';
import { Alarm } from '../services/Alarm';
import { Backoff } from './Backoff';
import { ItemAttempt } from './ItemAttempt';

const INTERVAL_MS = 250;

/** So many lines go into one row. */
const CHUNK_LINES = 1000;

/**
 * Carries progress and log lines of running attempts to the metadata store, in
 * the background: a worker with an open transaction on a target never waits
 * for it. When the store is away, lines stay in memory, within the limits of
 * {@link ItemLog}.
 */
export class Flusher {
  readonly #knex: Knex;
  readonly #logger: LoggerService;
  readonly #attempts = new Set<ItemAttempt>();
  readonly #alarm = new Alarm();
  readonly #backoff = new Backoff({ firstMs: INTERVAL_MS, capMs: 5_000 });
  /** One flush after the other: lines of an item keep their order. */
  #queue: Promise<void> = Promise.resolve();
  #loop: Promise<void> | undefined;
  #stopped = false;

  private constructor(options: { knex: Knex; logger: LoggerService }) {
    this.#knex = options.knex;
    this.#logger = options.logger;
  }

  static create(options: { knex: Knex; logger: LoggerService }): Flusher {
    return new Flusher(options);
  }

  add(attempt: ItemAttempt): void {
    this.#attempts.add(attempt);
  }

  remove(attempt: ItemAttempt): void {
    this.#attempts.delete(attempt);
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Writes what is pending once more, then stops. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#alarm.ring();
    await this.#loop;
  }

  /** Writes what these attempts at one run have pending now. */
  async flush(attempts: ItemAttempt[]): Promise<void> {
    const work = this.#queue.then(() => this.#write(attempts));
    this.#queue = work.catch(() => undefined);
    return work;
  }

  async #run(): Promise<void> {
    let delay = INTERVAL_MS;
    while (!this.#stopped) {
      await this.#alarm.sleep(delay);
      try {
        await this.#flushAll();
        this.#backoff.reset();
        delay = INTERVAL_MS;
      } catch (error) {
        delay = this.#backoff.next();
        this.#logger.warn(
          `Progress and logs of running items could not be stored; they are kept and tried again in ${Math.round(
            delay,
          )} ms`,
          error as Error,
        );
      }
    }
  }

  async #flushAll(): Promise<void> {
    const byRun = new Map<string, ItemAttempt[]>();
    for (const attempt of this.#attempts) {
      if (!attempt.needsFlush) continue;
      const same = byRun.get(attempt.run.id) ?? [];
      byRun.set(attempt.run.id, [...same, attempt]);
    }
    for (const attempts of byRun.values()) {
      await this.flush(attempts);
    }
  }

  /** One transaction. */
  async #write(attempts: ItemAttempt[]): Promise<void> {
    const changed = attempts.filter(attempt => attempt.needsFlush);
    if (changed.length === 0) return;

    const taken = changed.map(attempt => ({
      attempt,
      entries: attempt.log.take(),
      progress: attempt.takeProgress(),
    }));
    try {
      await this.#knex.transaction(async tx => {
        const chunks: LogChunk[] = [];
        const kept = await saveProgress(
          tx,
          taken.map(({ attempt, progress }) => ({
            ...attempt.fence,
            ...progress,
          })),
        );
        for (const { attempt, entries } of taken) {
          if (!kept.has(attempt.itemId)) attempt.stop('lost');
          chunks.push(...chunksOf(attempt, entries));
        }
        if (chunks.length > 0) {
          await appendLogs(tx, changed[0].run.id, chunks);
        }
      });
    } catch (error) {
      for (const { attempt, entries } of taken) {
        attempt.log.putBack(entries);
        attempt.keepProgress();
      }
      throw error;
    }
  }
}

/** What a lost attempt says is kept, but nobody shall take it for the truth of the item. */
function chunksOf(
  attempt: ItemAttempt,
  entries: ReturnType<ItemAttempt['log']['take']>,
): LogChunk[] {
  const lines =
    attempt.stopReason === 'lost'
      ? entries.map(entry => ({
          ...entry,
          message: `[lost attempt ${attempt.attempt}] ${entry.message}`,
        }))
      : entries;
  const chunks: LogChunk[] = [];
  for (let at = 0; at < lines.length; at += CHUNK_LINES) {
    chunks.push({
      ...attempt.fence,
      entries: lines.slice(at, at + CHUNK_LINES),
    });
  }
  return chunks;
}
