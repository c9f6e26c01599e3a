interface Waiting<In, Out> {
  ask: In;
  resolve: (answer: Out) => void;
  reject: (error: unknown) => void;
}

/**
 * Work that costs little more for many than for one: what is asked while it is
 * done for others waits for the next time, which takes all of it.
 *
 * @remarks
 * An answer is never older than its question: the work for a question begins
 * after it was asked.
 */
export class Batch<In, Out> {
  readonly #work: (asks: In[]) => Promise<Out[]>;
  #waiting: Waiting<In, Out>[] = [];
  #busy = false;

  private constructor(work: (asks: In[]) => Promise<Out[]>) {
    this.#work = work;
  }

  /** @param work - gives the answers in the order of the questions; if it fails, all of them fail */
  static create<In, Out>(work: (asks: In[]) => Promise<Out[]>): Batch<In, Out> {
    return new Batch(work);
  }

  async ask(ask: In): Promise<Out> {
    return new Promise<Out>((resolve, reject) => {
      this.#waiting.push({ ask, resolve, reject });
      if (this.#busy) return;
      this.#busy = true;
      // Items that were claimed together ask in the same instant.
      process.nextTick(() => void this.#run());
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        const answers = await this.#work(batch.map(({ ask }) => ask));
        for (const [n, { resolve }] of batch.entries()) resolve(answers[n]);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#busy = false;
  }
}
