const AGAIN_MS = 1_000;

/**
 * The ways a running statement is stopped from outside: its deadline, and a wish
 * to cancel. Lives as long as the statement.
 */
export class Interruption {
  readonly #kill: () => Promise<void>;
  readonly #onTheWay = new Set<Promise<unknown>>();
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
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
      this.#timer = setTimeout(() => this.#enforce(), timeoutMs);
    }
  }

  async ask(): Promise<void> {
    this.wasAsked = true;
    await this.#send();
  }

  /** When the statement is over: nothing may be on its way to the next one. */
  async settle(): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#timer);
    await Promise.allSettled(this.#onTheWay);
  }

  /** A handler in a procedure can swallow a KILL, and there may be no connection to spare: again each second. */
  #enforce(): void {
    this.timedOut = true;
    this.#send()
      .catch(() => undefined)
      .finally(() => {
        if (!this.#isOver) {
          this.#timer = setTimeout(() => this.#enforce(), AGAIN_MS);
        }
      });
  }

  async #send(): Promise<void> {
    const sent = this.#kill();
    this.#onTheWay.add(sent);
    await sent;
  }
}
