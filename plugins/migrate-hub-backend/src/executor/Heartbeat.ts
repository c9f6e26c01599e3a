import { LoggerService } from '@backstage/backend-plugin-api';
import { Knex } from 'knex';
import { hostname } from 'os';
import {
  beat,
  retire,
  watchAttempts,
  WatchedAttempt,
} from '../store/executors';
import { Alarm } from '../services/Alarm';
import { Backoff } from './Backoff';
import { ItemAttempt } from './ItemAttempt';
import { EXECUTOR_KNOWS } from './knows';

const keyOf = (of: { itemId: string; attempt: number }): string =>
  `${of.itemId} ${of.attempt}`;

/**
 * Says that this executor lives, and brings back what is wanted of the items
 * it works on: a cancel, or that they were taken over; and what it has in its
 * hands without knowing, because the answer to a claim was lost. On a connection of its
 * own, so that a busy pool never looks like a dead executor.
 */
export class Heartbeat {
  readonly #knex: Knex;
  readonly #logger: LoggerService;
  readonly #executorId: string;
  readonly #leaseSeconds: number;
  readonly #intervalMs: number;
  readonly #attempts: ReadonlySet<ItemAttempt>;
  readonly #adopt: HeartbeatOptions['adopt'];
  /** Held at the last look, and worked on by nobody, by item. */
  #idle = new Map<string, { attempt: number; since: number }>();
  readonly #alarm = new Alarm();
  readonly #backoff: Backoff;
  #loop: Promise<void> | undefined;
  #lastBeat: number | undefined;
  #stopped = false;

  private constructor(options: HeartbeatOptions) {
    this.#knex = options.knex;
    this.#logger = options.logger;
    this.#executorId = options.executorId;
    this.#leaseSeconds = options.leaseSeconds;
    this.#attempts = options.attempts;
    this.#adopt = options.adopt;
    // Several beats to a lease: one that is lost or late harms nothing.
    this.#intervalMs = Math.min(
      options.pollSeconds * 1000,
      (options.leaseSeconds * 1000) / 5,
    );
    this.#backoff = new Backoff({ firstMs: 200, capMs: this.#intervalMs });
  }

  static create(options: HeartbeatOptions): Heartbeat {
    return new Heartbeat(options);
  }

  /** Resolves after the first beat: the executor's row is there. */
  async start(): Promise<void> {
    await this.#beat();
    this.#loop ??= this.#run();
  }

  /** Since the last beat that arrived; undefined before the first. */
  get silentMs(): number | undefined {
    return this.#lastBeat && performance.now() - this.#lastBeat;
  }

  /** Looks at once what is wanted, e.g. when something was canceled. */
  hurry(): void {
    this.#alarm.ring();
  }

  /** The items that are left may be taken over at once. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#alarm.ring();
    await this.#loop;
    await retire(this.#knex, this.#executorId);
  }

  async #run(): Promise<void> {
    let delay = this.#intervalMs;
    for (;;) {
      await this.#alarm.sleep(delay);
      if (this.#stopped) return;
      try {
        await this.#beat();
        await this.#watch();
        this.#backoff.reset();
        delay = this.#intervalMs;
      } catch (error) {
        delay = this.#backoff.next();
        this.#logger.warn(
          'The heartbeat of this executor did not reach the metadata store',
          error as Error,
        );
      }
    }
  }

  async #beat(): Promise<void> {
    await beat(this.#knex, {
      id: this.#executorId,
      host: hostname(),
      leaseSeconds: this.#leaseSeconds,
      knows: EXECUTOR_KNOWS,
    });
    this.#lastBeat = performance.now();
  }

  async #watch(): Promise<void> {
    const attempts = [...this.#attempts];
    const rows = await watchAttempts(this.#knex, {
      executorId: this.#executorId,
      itemIds: attempts.map(attempt => attempt.itemId),
    });
    for (const attempt of attempts) {
      // Ended while we asked: nothing is wanted of it any more.
      if (!this.#attempts.has(attempt)) continue;
      const row = rows.find(one => one.itemId === attempt.itemId);
      if (row?.attempt !== attempt.attempt) attempt.stop('lost');
      if (row?.cancelRequested) attempt.stop('canceled');
    }
    await this.#adoptIdle(rows, attempts);
  }

  /** What is idle at two looks that are a while apart: at one of them a claim may be on its way to us. */
  async #adoptIdle(
    rows: WatchedAttempt[],
    attempts: ItemAttempt[],
  ): Promise<void> {
    const known = new Set([...attempts, ...this.#attempts].map(keyOf));
    const now = performance.now();
    const idle = new Map(
      rows
        .filter(row => !known.has(keyOf(row)))
        .map(({ itemId, attempt }) => {
          const before = this.#idle.get(itemId);
          const since = before?.attempt === attempt ? before.since : now;
          return [itemId, { attempt, since }] as const;
        }),
    );
    this.#idle = idle;
    const still = [...idle].filter(
      ([, { since }]) => now - since >= this.#intervalMs / 2,
    );
    if (still.length === 0) return;
    await this.#adopt(still.map(([itemId]) => itemId));
  }
}

export interface HeartbeatOptions {
  /** A small pool that nothing else uses. */
  knex: Knex;
  logger: LoggerService;
  executorId: string;
  leaseSeconds: number;
  pollSeconds: number;
  /** What this executor works on, now. */
  attempts: ReadonlySet<ItemAttempt>;
  /** Called with items that are in the hands of this executor and worked on by nobody. */
  adopt: (itemIds: string[]) => Promise<void>;
}
