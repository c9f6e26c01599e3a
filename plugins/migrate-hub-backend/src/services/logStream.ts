import {
  LogLine,
  RunStatus,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';

/** `changed`: the run or one of its items is not what it was; read it again. */
export type RunEvent =
  | { type: 'line'; line: LogLine }
  | { type: 'changed'; status: RunStatus; revision: number };

/** Found without a notification, too: lines are never notified, and one may be lost. */
const POLL_MS = 500;

const ENDED: RunStatus[] = ['executed', 'failed', 'canceled', 'denied'];

export interface FollowOptions {
  knex: Knex;
  runId: string;
  after: number;
  signal: AbortSignal;
  lines(after: number): AsyncIterable<LogLine>;
  /** Calls back when something was said about the run; returns how to end that. */
  onChange(wake: () => void): () => void;
}

/** Lines and changes of a run as they come, until the run has ended and everything was said. */
export async function* followRun(
  options: FollowOptions,
): AsyncIterable<RunEvent> {
  const { knex, runId, signal } = options;
  const wakeUp = new WakeUp(signal);
  const unsubscribe = options.onChange(() => wakeUp.ring());
  let { after } = options;
  let seen: string | undefined;
  try {
    while (!signal.aborted) {
      // First the state, then the lines: the last lines precede the last state.
      const state = await readState(knex, runId);
      for await (const line of options.lines(after)) {
        if (signal.aborted) return;
        yield { type: 'line', line };
        after = line.seq;
      }
      if (state.fingerprint !== seen) {
        seen = state.fingerprint;
        yield {
          type: 'changed',
          status: state.status,
          revision: state.revision,
        };
      }
      if (ENDED.includes(state.status)) return;
      await wakeUp.wait(POLL_MS);
    }
  } finally {
    unsubscribe();
    wakeUp.end();
  }
}

interface RunState {
  status: RunStatus;
  revision: number;
  /** Differs whenever somebody who looks would see something else. */
  fingerprint: string;
}

async function readState(knex: Knex, runId: string): Promise<RunState> {
  const found = await knex.raw(
    `select r.status, r.revision, r.updated_at,
       sum(i.revision)::text as changes,
       sum(i.statements_done)::text as done,
       count(i.current_statement)::text as busy,
       count(i.waiting_for)::text as waiting,
       (select count(*) from approvals a where a.run_id = r.id)::text as approvals
     from runs r left join run_items i on i.run_id = r.id
     where r.id = ? group by r.id`,
    [runId],
  );
  const [row] = found.rows;
  return {
    status: row.status,
    revision: row.revision,
    fingerprint: JSON.stringify(row),
  };
}

/** Sleeps until rung, timed out or aborted. */
class WakeUp {
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.ring();
  #rung = false;
  #wake: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort);
  }

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  async wait(ms: number): Promise<void> {
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

  end(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
  }
}
