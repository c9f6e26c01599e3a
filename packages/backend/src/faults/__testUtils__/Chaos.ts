import { setTimeout as sleep } from 'timers/promises';
import { HubProcess } from '../../acceptance/__testUtils__/HubProcess';
import { FaultWorld } from './FaultWorld';
import { Random } from './Random';

type Fault = 'kill -9' | 'SIGTERM' | 'SIGSTOP, SIGCONT';
const FAULTS: Fault[] = ['kill -9', 'SIGTERM', 'SIGSTOP, SIGCONT'];
const LONGEST_STOP_MS = 6_000;
const LONGEST_PAUSE_MS = 5_000;

/** Strikes one worker after the other, and puts a new one in the place of each that is gone. */
export class Chaos {
  readonly faults = new Map<string, number>();
  readonly #world: FaultWorld;
  readonly #random: Random;
  readonly #say: (text: string) => void;
  readonly #workers: HubProcess[] = [];

  constructor(options: {
    world: FaultWorld;
    random: Random;
    say: (text: string) => void;
  }) {
    this.#world = options.world;
    this.#random = options.random;
    this.#say = options.say;
  }

  get total(): number {
    return [...this.faults.values()].reduce((sum, count) => sum + count, 0);
  }

  async begin(workers: number): Promise<void> {
    while (this.#workers.length < workers) {
      this.#workers.push(await this.#world.startWorker({ graceSeconds: 2 }));
    }
  }

  /** Strikes until that time; what is gone is replaced until the work is over. */
  async run(options: { until: number; work: Promise<unknown> }): Promise<void> {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    void options.work.then(over, over);
    while (!isOver) {
      await sleep(this.#random.below(LONGEST_PAUSE_MS));
      const place = this.#random.below(this.#workers.length);
      const worker = this.#workers[place];
      if (!worker.isRunning) this.#count('died at a fail point');
      else if (Date.now() < options.until) await this.#strike(worker);
      if (!worker.isRunning) {
        this.#workers[place] = await this.#world.startWorker({
          graceSeconds: 2,
        });
      }
    }
  }

  async #strike(worker: HubProcess): Promise<void> {
    const fault = this.#random.pick(FAULTS);
    this.#count(fault);
    switch (fault) {
      case 'kill -9':
        worker.signal('SIGKILL');
        await worker.ended;
        break;
      case 'SIGTERM':
        worker.signal('SIGTERM');
        await worker.ended;
        break;
      default:
        worker.signal('SIGSTOP');
        await sleep(this.#random.below(LONGEST_STOP_MS));
        worker.signal('SIGCONT');
    }
  }

  #count(fault: string): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
    this.#say(`fault ${this.total}: ${fault}`);
  }
}
