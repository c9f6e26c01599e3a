/**
 * Waiting times that double after each failure up to a cap, with jitter, so
 * that replicas that failed together do not come back together.
 */
export class Backoff {
  readonly #firstMs: number;
  readonly #capMs: number;
  #failures = 0;

  constructor(options: { firstMs: number; capMs: number }) {
    this.#firstMs = options.firstMs;
    this.#capMs = options.capMs;
  }

  /** Milliseconds to wait after one more failure: between half and all of the step. */
  next(): number {
    const step = Math.min(this.#capMs, this.#firstMs * 2 ** this.#failures);
    this.#failures += 1;
    return step * (0.5 + Math.random() / 2);
  }

  reset(): void {
    this.#failures = 0;
  }
}
