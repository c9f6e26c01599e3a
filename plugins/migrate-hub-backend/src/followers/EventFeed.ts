import { LoggerService } from '@backstage/backend-plugin-api';
import { Knex } from 'knex';
import { Loop } from '../services/Loop';
import { CHANNELS, Listener } from '../store/Listener';
import { dropFedEvents, FedEvent, takeFedEvents } from '../store/eventFeed';
import { Patience, PatienceOptions } from './Patience';

/** Somebody who is told of every committed audit event, in order, at least once. */
export interface Follower {
  readonly name: string;
  /** `one`: called for each event; `all`: for as many as there are. */
  readonly batch: 'one' | 'all';
  /** Is tried again if it throws, a few times; events it does not care for it passes over. */
  follow(events: readonly FedEvent[]): Promise<void>;
}

export interface EventFeedOptions {
  knex: Knex;
  listener: Listener;
  logger: LoggerService;
  followers: readonly Follower[];
  /** Writes what has to be kept for later, in the transaction that empties the feed. */
  record?: (tx: Knex.Transaction, events: readonly FedEvent[]) => Promise<void>;
  /** A follower did not take an event after all tries. */
  onFailure?: (follower: string) => void;
  /** What a follower that fails may cost. */
  patience?: Partial<PatienceOptions>;
  /** How often the server hears of the transaction that followers hold open, in ms. */
  awakeMs?: number;
}

const BATCH = 100;
/** Events of runs ring; the others may wait that long. */
const POLL_MS = 1_000;
/** After a ring: what happens meanwhile is told together, pages are told once, and a run starts first. */
const GATHER_MS = 200;
const AFTER_FAILURE_MS = 5_000;
/** Well within the time for which the server lets a transaction be idle, see `limitQueries`. */
const AWAKE_MS = 5_000;

/**
 * Tells followers what was committed: one mechanism for the auditor, events,
 * signals, notifications and webhooks.
 *
 * @remarks
 * Reads the outbox that {@link appendAuditEvent} fills. All replicas run it,
 * one at a time is at work. Nothing is told of what was rolled back, and what
 * was committed is told after a crash, too, then perhaps twice.
 */
export class EventFeed {
  readonly #options: EventFeedOptions;
  readonly #loop: Loop;
  #unsubscribe: (() => void)[] = [];

  private constructor(options: EventFeedOptions) {
    this.#options = options;
    this.#loop = Loop.create({
      work: async () => ((await this.deliver()) === BATCH ? 'more' : 'done'),
      onError: error =>
        options.logger.warn(
          'Committed events could not be told to their followers, trying again',
          error,
        ),
      pollMs: POLL_MS,
      afterFailureMs: AFTER_FAILURE_MS,
      gatherMs: GATHER_MS,
    });
  }

  static create(options: EventFeedOptions): EventFeed {
    return new EventFeed(options);
  }

  start(): void {
    const ring = () => this.#loop.ring();
    this.#unsubscribe = Object.values(CHANNELS).map(channel =>
      this.#options.listener.on(channel, ring),
    );
    this.#loop.start();
  }

  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    await this.#loop.stop();
  }

  /** Tells what there is, up to a batch. @returns how many events it was */
  async deliver(): Promise<number> {
    const { knex, followers, record } = this.#options;
    return knex.transaction(async tx => {
      const events = await takeFedEvents(tx, BATCH);
      if (!events || events.length === 0) return 0;
      await record?.(tx, events);
      await this.#awake(tx, () =>
        Promise.all(followers.map(one => this.#tell(one, events))),
      );
      await dropFedEvents(tx, events);
      return events.length;
    });
  }

  /** Slow followers are no silent line: the server must not end the transaction over them. */
  async #awake(
    tx: Knex.Transaction,
    work: () => Promise<unknown>,
  ): Promise<void> {
    const timer = setInterval(() => {
      // A transaction that is gone is met by whatever comes next in it.
      tx.raw('select 1').then(undefined, () => undefined);
    }, this.#options.awakeMs ?? AWAKE_MS);
    try {
      await work();
    } finally {
      clearInterval(timer);
    }
  }

  /** Never throws: one that fails is not told again, and keeps nobody waiting for long. */
  async #tell(follower: Follower, events: FedEvent[]): Promise<void> {
    const patience = Patience.create(this.#options.patience);
    const portions =
      follower.batch === 'all' ? [events] : events.map(event => [event]);
    for (const portion of portions) {
      try {
        await patience.tell(() => follower.follow(portion));
      } catch (error) {
        this.#options.onFailure?.(follower.name);
        this.#options.logger.error(
          `${follower.name} did not take ${portion
            .map(({ action, id }) => `${action} ${id}`)
            .join(', ')}`,
          error as Error,
        );
      }
    }
  }
}
