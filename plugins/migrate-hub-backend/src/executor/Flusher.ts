import { LoggerService } from '@backstage/backend-plugin-api';
import { Knex } from 'knex';
import { ItemProgress, saveProgress } from '../store/runItemAttempts';
import { appendLogs, LogChunk, LogEntry } from '../store/runLogs';
import { Alarm } from '../services/Alarm';
import { logChunks } from '../services/attemptLog';
import { Backoff } from './Backoff';
import { ItemAttempt } from './ItemAttempt';

const INTERVAL_MS = 250;

/** What an attempt has to tell the metadata store, on its way there. */
export interface Taken {
  attempt: ItemAttempt;
  entries: LogEntry[];
  progress: ItemProgress;
}

const takeFrom = (attempt: ItemAttempt): Taken => ({
  attempt,
  entries: attempt.log.take(),
  progress: attempt.takeProgress(),
});

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

  /**
   * Hands over what these attempts have pending, for whoever records their
   * ends; nothing of them is on its way to the store any more.
   */
  async take(attempts: ItemAttempt[]): Promise<Taken[]> {
    let queue;
    do {
      queue = this.#queue;
      await queue;
    } while (queue !== this.#queue);
    return attempts.map(takeFrom);
  }

  /** It could not be stored. */
  putBack(taken: Taken[]): void {
    for (const { attempt, entries } of taken) {
      attempt.log.putBack(entries);
      attempt.keepProgress();
    }
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

    const taken = changed.map(takeFrom);
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
          const lost = attempt.stopReason === 'lost';
          chunks.push(...logChunks(attempt.fence, entries, { lost }));
        }
        await appendLogs(tx, changed[0].run.id, chunks);
      });
    } catch (error) {
      this.putBack(taken);
      throw error;
    }
  }
}
