import { Alarm } from './Alarm';

export interface LoopOptions {
  /** One look, and what it leads to. @returns `more` if there is more to do at once */
  work(): Promise<'more' | 'done'>;
  /** The loop goes on after it. */
  onError(error: Error): void;
  /** Longest time between two looks, in ms. */
  pollMs: number;
  /** The same after an error; default: as ever. */
  afterFailureMs?: number;
  /**
   * A look comes so long after whoever rings, in ms: what happens together is
   * looked at together, and what led to it is done first; default: at once.
   */
  gatherMs?: number;
}

/** Does a piece of work again and again, until it is stopped; survives its errors. */
export class Loop {
  readonly #options: LoopOptions;
  readonly #alarm = new Alarm();
  readonly #stopAlarm = new Alarm();
  #running: Promise<void> | undefined;
  #stopped = false;

  private constructor(options: LoopOptions) {
    this.#options = options;
  }

  static create(options: LoopOptions): Loop {
    return new Loop(options);
  }

  /** While it runs, and after it was stopped, a second call does nothing. */
  start(): void {
    if (this.#stopped) return;
    this.#running ??= this.#run();
  }

  /** There is work now: looks before the time is over. */
  ring(): void {
    this.#alarm.ring();
  }

  /** Resolves when the work that was begun is done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#alarm.ring();
    this.#stopAlarm.ring();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { work, onError, pollMs, gatherMs } = this.#options;
    while (!this.#stopped) {
      let pause = pollMs;
      this.#alarm.answer();
      try {
        if ((await work()) === 'more') continue;
      } catch (error) {
        pause = this.#options.afterFailureMs ?? pollMs;
        onError(error as Error);
      }
      if (!this.#stopped) await this.#alarm.sleep(pause);
      if (gatherMs && !this.#stopped) await this.#stopAlarm.sleep(gatherMs);
    }
  }
}
