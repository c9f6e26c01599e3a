import { HubError } from '../errors';

/** Lets only so many run at once; the others wait their turn. */
export class Slots {
  readonly #atOnce: number;
  readonly #mostWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  constructor(options: { atOnce: number; mostWaiting: number }) {
    this.#atOnce = options.atOnce;
    this.#mostWaiting = options.mostWaiting;
  }

  /** @throws HubError `TOO_MANY_REQUESTS` if too many wait already. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#take();
    try {
      return await work();
    } finally {
      this.#free();
    }
  }

  async #take(): Promise<void> {
    if (this.#taken < this.#atOnce) {
      this.#taken += 1;
      return;
    }
    if (this.#waiting.length >= this.#mostWaiting) {
      throw new HubError(
        'TOO_MANY_REQUESTS',
        'Too many connection tests are waiting already. Try again in a moment.',
        { retryAfterSeconds: 10 },
      );
    }
    await new Promise<void>(resolve => {
      this.#waiting.push(resolve);
    });
  }

  /** Handed over rather than given back: nobody new slips in between. */
  #free(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#taken -= 1;
  }
}
