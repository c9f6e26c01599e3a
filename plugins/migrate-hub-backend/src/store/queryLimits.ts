import { Knex } from 'knex';
import { Duplex } from 'stream';
import { keepPlansOn, PlanningLine } from './keptPlans';

/**
 * A transaction of ours that has been idle for so many times longer than its
 * connection would have been given up is nobody's any more.
 */
const IDLE_FACTOR = 2;

/** How long the metadata store may take for an answer. */
export interface QueryLimits {
  /** A statement that takes longer is broken off by the server, in milliseconds. */
  timeoutMs: number;
  /** A connection that has said nothing for so much longer is given up, in milliseconds. */
  graceMs: number;
}

/**
 * Gives every connection that the pool makes from now on a statement timeout,
 * and tells its planner what it works on. A connection over which nothing comes
 * any more is given up a little later than its server would have ended the
 * statement, so that a line that goes silent costs seconds, not the quarter of
 * an hour after which the operating system gives up. The server hears nothing of
 * that: it ends a transaction that was open on such a line by itself, or its locks
 * would stand for as long as the server's own keep-alive takes.
 *
 * @remarks
 * Fifty rows of a list are looked up by indexes, and those are in memory or on a
 * disk without a head: at the default cost of four for each, the planner prefers
 * to read a table of a hundred thousand rows from end to end. Compiling a
 * statement (`jit`) takes longer than any of ours runs.
 *
 * By a statement, not by the startup packet: poolers refuse it there. The pool
 * is Backstage's, made before us, so the one way in is where it connects.
 *
 * What is asked of a connection before it has answered is sent at once
 * (`pipeline` of `pg`), as one message: several questions for one round trip,
 * see `together`.
 */
export function limitQueries(
  knex: Knex,
  { timeoutMs, graceMs }: QueryLimits,
): void {
  const { client } = knex;
  client.connectionSettings.connectionTimeoutMillis ??= timeoutMs + graceMs;
  client.connectionSettings.pipeline = true;
  const connect = client.acquireRawConnection.bind(client);
  client.acquireRawConnection = async () => {
    const connection: Line = await connect();
    sendTogether(connection);
    giveUpWhenSilent(connection, timeoutMs + graceMs);
    keepPlansOn(connection);
    await connection.query(
      `set statement_timeout = ${Math.ceil(timeoutMs)};
       set idle_in_transaction_session_timeout = ${Math.ceil(
         IDLE_FACTOR * (timeoutMs + graceMs),
       )};
       set random_page_cost = 1.1; set jit = off`,
    );
    return connection;
  };
}

/** What is used here of a client of `pg`. */
interface Line extends PlanningLine {
  query(...args: unknown[]): Promise<unknown>;
  on(event: 'drain' | 'end', listener: () => void): void;
  connection: {
    stream: Duplex;
    on(event: 'readyForQuery', listener: () => void): void;
  };
}

/** What is asked in the same instant leaves as one packet, not each for itself. */
function sendTogether(line: Line): void {
  const { stream } = line.connection;
  const query = line.query.bind(line);
  line.query = (...args) => {
    stream.cork();
    process.nextTick(() => stream.uncork());
    return query(...args);
  };
}

/**
 * Not by `query_timeout` of `pg`: that leaves the connection open, and the next
 * query waits behind the one that was never answered.
 */
function giveUpWhenSilent(line: Line, afterMs: number): void {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  const start = () => {
    stop();
    timer = setTimeout(() => {
      line.connection.stream.destroy(
        new Error(
          `The metadata database has not answered for ${afterMs} ms, its connection is given up`,
        ),
      );
    }, afterMs);
  };
  const query = line.query.bind(line);
  line.query = (...args) => {
    if (!timer) start();
    return query(...args);
  };
  // One answered, others may wait behind it; and `drain`, which comes before, when none does.
  line.connection.on('readyForQuery', () => {
    if (timer) start();
  });
  line.on('drain', stop);
  line.on('end', stop);
}
