import { createRequire } from 'module';
import { Worker } from 'worker_threads';

/** Start and end of a statement in UTF-8 bytes. */
export type Range = readonly [start: number, end: number];

/** What Postgres' own grammar says of a script, or why it says nothing. */
export type Opinion = { ranges: Range[] } | { silent: string };

/**
 * Everything the worker does. It is text, so that it runs the same from the
 * sources under Jest as from the published bundle. `stmt_len` 0 means "to the end".
 */
const WORKER = `
const { parentPort, workerData } = require('worker_threads');
const grammar = require(workerData.grammar);
parentPort.on('message', async ({ id, sql }) => {
  try {
    await grammar.loadModule();
    const { stmts = [] } = grammar.parseSync(sql);
    const bytes = Buffer.byteLength(sql);
    const ranges = stmts.map(({ stmt_location: at = 0, stmt_len: length = 0 }) =>
      [at, length ? at + length : bytes]);
    parentPort.postMessage({ id, ranges });
  } catch (error) {
    parentPort.postMessage({ id, silent: String(error && error.message || error) });
  }
});
`;

const IDLE_MS = 30_000;

interface Waiting {
  id: number;
  answer: (opinion: Opinion) => void;
}

/**
 * Asks the real grammar (libpg-query, WASM) where statements begin and end.
 *
 * @remarks
 * In a worker thread that is thrown away when it takes too long: the parser is
 * synchronous, and a hundred thousand nested comments keep it busy for minutes.
 * One script at a time; the worker ends after half a minute without work, for
 * the memory it takes is never given back.
 */
export class SecondOpinion {
  readonly #timeoutMs: number;
  readonly #maxBytes: number;
  #worker: Worker | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting: Waiting | undefined;
  #idle: NodeJS.Timeout | undefined;
  #count = 0;

  private constructor(options: { timeoutMs: number; maxBytes: number }) {
    this.#timeoutMs = options.timeoutMs;
    this.#maxBytes = options.maxBytes;
  }

  static create(
    options: { timeoutMs?: number; maxBytes?: number } = {},
  ): SecondOpinion {
    const { timeoutMs = 5_000, maxBytes = 5_000_000 } = options;
    return new SecondOpinion({ timeoutMs, maxBytes });
  }

  /** Never rejects. The text has no byte order mark and no NUL: both end the parser's view of it. */
  ask(sql: string): Promise<Opinion> {
    const bytes = Buffer.byteLength(sql);
    if (bytes > this.#maxBytes) {
      return Promise.resolve({
        silent: `the script is larger than ${this.#maxBytes} bytes`,
      });
    }
    if (sql.trim() === '') {
      return Promise.resolve({ ranges: [] });
    }
    const answer = this.#turn.then(() => this.#parse(sql));
    this.#turn = answer;
    return answer;
  }

  #parse(sql: string): Promise<Opinion> {
    clearTimeout(this.#idle);
    const worker = this.#ensureWorker();
    return new Promise(resolve => {
      this.#count += 1;
      const id = this.#count;
      const deadline = setTimeout(
        () => this.#discard('the grammar took too long'),
        this.#timeoutMs,
      );
      this.#waiting = {
        id,
        answer: opinion => {
          clearTimeout(deadline);
          this.#waiting = undefined;
          this.#idle = setTimeout(() => this.#discard('idle'), IDLE_MS).unref();
          resolve(opinion);
        },
      };
      worker.postMessage({ id, sql });
    });
  }

  #ensureWorker(): Worker {
    if (this.#worker) {
      return this.#worker;
    }
    const worker = new Worker(WORKER, {
      eval: true,
      workerData: {
        grammar: createRequire(__filename).resolve('libpg-query'),
      },
    });
    worker.unref();
    worker.on('message', ({ id, ...opinion }: Opinion & { id: number }) => {
      if (this.#waiting?.id === id) {
        this.#waiting.answer(opinion);
      }
    });
    worker.on('error', error => this.#discard(String(error)));
    worker.on('exit', () => {
      if (this.#worker === worker) {
        this.#discard('the grammar stopped');
      }
    });
    this.#worker = worker;
    return worker;
  }

  #discard(reason: string): void {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#waiting?.answer({ silent: reason });
    clearTimeout(this.#idle);
    worker?.terminate().catch(() => {});
  }
}

/**
 * Whether both cut the same: every statement of ours ends within the grammar's
 * and begins behind the one before. (The grammar begins a statement at its first
 * word, we at the planner hint before it.)
 */
export function agrees(ours: Range[], grammar: Range[]): boolean {
  return (
    ours.length === grammar.length &&
    ours.every(([start, end], index) => {
      const [theirStart, theirEnd] = grammar[index];
      const before = index > 0 ? grammar[index - 1][1] : 0;
      return start >= before && end > theirStart && end <= theirEnd;
    })
  );
}
