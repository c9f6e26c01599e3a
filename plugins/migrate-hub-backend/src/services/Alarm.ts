/**
 * A sleep that can be ended early. A ring while nobody sleeps is kept, so that
 * none is lost between a look and the sleep after it.
 */
export class Alarm {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Whoever rang is answered by what begins now. */
  answer(): void {
    this.#rung = false;
  }

  async sleep(ms: number): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    this.#rung = false;
  }
}
