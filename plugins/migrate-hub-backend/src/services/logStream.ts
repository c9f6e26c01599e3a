import {
  LogLine,
  RunStatus,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { Alarm } from './Alarm';

/** `changed`: the run or one of its items is not what it was; read it again. */
export type RunEvent =
  | { type: 'line'; line: LogLine }
  | { type: 'changed'; status: RunStatus; revision: number };

/** Found without a notification, too: lines are never notified, and one may be lost. */
const POLL_MS = 500;

/** Whoever looks reads the whole run again: not for every statement. */
const PROGRESS_MS = 1000;

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
  const alarm = new Alarm();
  const wake = () => alarm.ring();
  const unsubscribe = options.onChange(wake);
  signal.addEventListener('abort', wake);
  let { after } = options;
  let seen = { state: '', progress: '', at: 0 };
  try {
    while (!signal.aborted) {
      // First the state, then the lines: the last lines precede the last state.
      const state = await readState(knex, runId);
      for await (const line of options.lines(after)) {
        if (signal.aborted) return;
        yield { type: 'line', line };
        after = line.seq;
      }
      const moved =
        state.progress !== seen.progress && Date.now() - seen.at >= PROGRESS_MS;
      if (state.state !== seen.state || moved) {
        seen = { ...state, at: Date.now() };
        yield {
          type: 'changed',
          status: state.status,
          revision: state.revision,
        };
      }
      if (ENDED.includes(state.status)) return;
      await alarm.sleep(POLL_MS);
    }
  } finally {
    unsubscribe();
    signal.removeEventListener('abort', wake);
  }
}

interface RunState {
  status: RunStatus;
  revision: number;
  /** Differs whenever a status, an approval or the like changed. */
  state: string;
  /** Differs whenever an item came further. */
  progress: string;
}

async function readState(knex: Knex, runId: string): Promise<RunState> {
  const found = await knex.raw(
    `select r.status, r.revision, r.updated_at,
       sum(i.revision)::text as changes,
       count(i.waiting_for)::text as waiting,
       sum(i.statements_done)::text as done,
       sum(i.current_statement)::text as current,
       (select count(*) from approvals a where a.run_id = r.id)::text as approvals
     from runs r left join run_items i on i.run_id = r.id
     where r.id = ? group by r.id`,
    [runId],
  );
  const { done, current, ...state } = found.rows[0];
  return {
    status: state.status,
    revision: state.revision,
    state: JSON.stringify(state),
    progress: `${done} ${current}`,
  };
}
