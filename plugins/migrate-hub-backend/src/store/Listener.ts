import { LoggerService } from '@backstage/backend-plugin-api';
import { Knex } from 'knex';
import type { Client, Notification } from 'pg';
import { Tx } from './Database';

/**
 * Channels between replicas. A lost notification costs a poll interval, never
 * more: whoever listens polls as well.
 */
export const CHANNELS = {
  /** There is something to claim; or, as the payload says, a cancel to heed. */
  work: 'migrate_hub_work',
  /** A run or one of its items changed; the payload is the run's id. */
  changes: 'migrate_hub_changes',
} as const;

/** Payload of `work`: executors look at once what is wanted of their items. */
export const CANCEL = 'cancel';

export type Channel = (typeof CHANNELS)[keyof typeof CHANNELS];

/** Wakes the listeners of all replicas when the transaction commits. */
export async function notify(
  tx: Tx,
  channel: Channel,
  payload: string = '',
): Promise<void> {
  await tx.raw('select pg_notify(?, ?)', [channel, payload]);
}

/** The same on several channels, in one statement. */
export async function notifyAll(
  tx: Tx,
  notes: { channel: Channel; payload?: string }[],
): Promise<void> {
  await tx.raw(
    'select pg_notify(channel, payload) from unnest(?::text[], ?::text[]) as notes (channel, payload)',
    [
      notes.map(({ channel }) => channel),
      notes.map(({ payload }) => payload ?? ''),
    ],
  );
}

/** A connection outside the pool, as LISTEN needs it. */
export const listenerConnection =
  (knex: Knex): (() => Promise<Client>) =>
  () =>
    knex.client.acquireRawConnection();

const RECONNECT_MS = { first: 250, cap: 10_000 };

/** A network that drops silently is noticed by asking now and then. */
const KEEP_ALIVE_MS = 30_000;

/** The one LISTEN connection of this replica. Reconnects by itself, for ever. */
export class Listener {
  readonly #connect: () => Promise<Client>;
  readonly #logger: LoggerService;
  readonly #handlers = new Map<Channel, Set<(payload: string) => void>>();
  #client: Client | undefined;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #keepAlive: NodeJS.Timeout | undefined;
  #stopped = false;

  private constructor(options: ListenerOptions) {
    this.#connect = options.connect;
    this.#logger = options.logger;
    for (const channel of Object.values(CHANNELS)) {
      this.#handlers.set(channel, new Set());
    }
  }

  static create(options: ListenerOptions): Listener {
    return new Listener(options);
  }

  /** @returns a function that ends the subscription */
  on(channel: Channel, handler: (payload: string) => void): () => void {
    const handlers = this.#handlers.get(channel);
    handlers?.add(handler);
    return () => handlers?.delete(handler);
  }

  /** Resolves when it listens; if that fails it goes on trying in the background. */
  async start(): Promise<void> {
    try {
      const client = await this.#connect();
      // Without a handler for it, a broken connection would end the process.
      client.on('error', () => this.#lost(client));
      client.on('end', () => this.#lost(client));
      client.on('notification', message => this.#dispatch(message));
      if (this.#stopped) {
        await client.end();
        return;
      }
      this.#client = client;
      for (const channel of Object.values(CHANNELS)) {
        await client.query(`listen ${channel}`);
      }
      this.#keepAlive = setInterval(() => {
        client.query('select 1').catch(() => this.#lost(client));
      }, KEEP_ALIVE_MS);
      // What was said while nobody listened is lost: let everybody look.
      if (this.#failures > 0) this.#ringAll();
      this.#failures = 0;
    } catch (error) {
      this.#logger.warn(
        'Not listening to other replicas: new work is found by polling until that works again',
        error as Error,
      );
      this.#retry();
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#keepAlive);
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
  }

  #dispatch(message: Notification): void {
    const handlers = this.#handlers.get(message.channel as Channel) ?? [];
    for (const handler of handlers) handler(message.payload ?? '');
  }

  #ringAll(): void {
    for (const handlers of this.#handlers.values()) {
      for (const handler of handlers) handler('');
    }
  }

  #lost(client: Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    clearInterval(this.#keepAlive);
    client.end().catch(() => undefined);
    if (!this.#stopped) this.#retry();
  }

  #retry(): void {
    const client = this.#client;
    this.#client = undefined;
    client?.end().catch(() => undefined);
    this.#failures += 1;
    const step = Math.min(
      RECONNECT_MS.cap,
      RECONNECT_MS.first * 2 ** (this.#failures - 1),
    );
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => void this.start(),
      step * (0.5 + Math.random() / 2),
    );
    this.#timer.unref();
  }
}

export interface ListenerOptions {
  connect: () => Promise<Client>;
  logger: LoggerService;
}
