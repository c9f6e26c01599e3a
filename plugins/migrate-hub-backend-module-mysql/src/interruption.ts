import { setTimeout as sleep } from 'timers/promises';

/**
 * The ways a running statement is stopped from outside: its deadline, and a wish
 * to cancel. Lives as long as the statement.
 */
export class Interruption {
  readonly #kill: () => Promise<void>;
  readonly #stop = new AbortController();
  #pending: Promise<unknown> = Promise.resolve();
  wasAsked = false;
  timedOut = false;

  constructor(kill: () => Promise<void>) {
    this.#kill = kill;
  }

  /** Whether a KILL QUERY was sent; it may hit late. */
  get wasSent(): boolean {
    return this.wasAsked || this.timedOut;
  }

  startDeadline(timeoutMs: number): void {
    if (timeoutMs > 0) {
      this.#pending = this.#enforce(timeoutMs);
    }
  }

  async ask(): Promise<void> {
    this.wasAsked = true;
    const asked = this.#kill();
    this.#pending = Promise.allSettled([this.#pending, asked]);
    await asked;
  }

  /** When the statement is over: nothing may be on its way to the next one. */
  async settle(): Promise<void> {
    this.#stop.abort();
    await this.#pending;
  }

  /** A handler in a procedure can swallow a KILL, and there may be no connection to spare: again each second. */
  async #enforce(timeoutMs: number): Promise<void> {
    const { signal } = this.#stop;
    const wait = (ms: number) =>
      sleep(ms, undefined, { signal }).catch(() => undefined);
    await wait(timeoutMs);
    while (!signal.aborted) {
      this.timedOut = true;
      await this.#kill().catch(() => undefined);
      await wait(1_000);
    }
  }
}
