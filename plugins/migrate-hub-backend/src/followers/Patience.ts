export interface PatienceOptions {
  /** Pauses between the tries of one telling, in ms. */
  retryMs: readonly number[];
  /** For an answer, in ms. */
  answerMs: number;
  /** For all tries that fail, and the pauses after them, in ms. */
  lostMs: number;
  /** For an answer once all that is lost: one try each, in ms. */
  hurriedMs: number;
}

/** A batch of a hundred events takes two minutes with a follower that never answers. */
const DEFAULTS: PatienceOptions = {
  retryMs: [250, 2_000],
  answerMs: 10_000,
  lostMs: 60_000,
  hurriedMs: 500,
};

/**
 * How long one follower may keep the others waiting with one batch of events.
 *
 * @remarks
 * Only time that came to nothing counts: one that is slow and answers has as
 * long as it takes. With one that has lost its time each event is tried once,
 * for a moment, so that it gets the rest should it be back.
 */
export class Patience {
  readonly #options: PatienceOptions;
  #lostMs = 0;

  private constructor(options: PatienceOptions) {
    this.#options = options;
  }

  static create(options: Partial<PatienceOptions> = {}): Patience {
    return new Patience({ ...DEFAULTS, ...options });
  }

  /** @throws what the last try has thrown */
  async tell(work: () => Promise<void>): Promise<void> {
    const { retryMs, answerMs, lostMs, hurriedMs } = this.#options;
    for (let trial = 0; ; trial += 1) {
      const isLost = this.#lostMs > lostMs;
      const began = performance.now();
      try {
        await inTime(work(), isLost ? hurriedMs : answerMs);
        return;
      } catch (error) {
        const isLast = isLost || trial === retryMs.length;
        if (!isLast) {
          await new Promise(resolve => setTimeout(resolve, retryMs[trial]));
        }
        this.#lostMs += performance.now() - began;
        if (isLast) throw error;
      }
    }
  }
}

async function inTime(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer within ${ms} ms`)),
      ms,
    );
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
