// What the metadata server really did for each request: its statements, and how it planned them.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Of these many rows on, a sequential scan takes longer the longer a company works. */
const LARGE = 10_000;

/** Settings of a server that writes what it does to a file for programs. */
export const explainingServer = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_format': 'json',
  logging_collector: 'on',
  log_destination: 'jsonlog',
  log_filename: 'plans',
  log_rotation_size: '0',
};

/** Reads statements and plans from the log of such a server while they are explained. */
export class PlanReader {
  #store;
  #file;
  #at = 0;
  #marks = 0;

  /** @param store - a client of the database that is looked at */
  constructor(store) {
    this.#store = store;
  }

  async begin() {
    const { rows } = await this.#store.query(
      `select setting || '/' || pg_current_logfile() as file from pg_settings where name = 'data_directory'`,
    );
    this.#file = rows[0].file;
    await this.#explain(0);
    await this.next();
  }

  async end() {
    await this.#explain(-1);
  }

  /** Statements since the last call: `text`, `values`, `plan`. */
  async next() {
    const mark = await this.#mark();
    return this.#lines(await this.#readUntil(mark))
      .flatMap(({ dbname, message = '' }) => {
        const at = message.indexOf('plan:\n');
        const isOurs = at >= 0 && dbname === this.#store.database;
        return isOurs ? [JSON.parse(message.slice(at + 6))] : [];
      })
      .map(entry => ({
        text: entry['Query Text'],
        values: valuesOf(entry['Query Parameters'] ?? ''),
        plan: entry.Plan,
      }))
      .filter(({ text }) => !text.includes(mark));
  }

  /** The log is written by a process of its own: what comes before this in it is all there is. */
  async #mark() {
    this.#marks += 1;
    const mark = `mark_${this.#marks}_of_the_log`;
    await this.#store.query(`select 1 as ${mark}`);
    return mark;
  }

  async #readUntil(mark) {
    let text = '';
    do {
      text += this.#read();
      if (!text.includes(mark)) await sleep(5);
    } while (!text.includes(mark));
    return text;
  }

  #lines(text) {
    return text.split('\n').flatMap(line => (line ? [JSON.parse(line)] : []));
  }

  async #explain(level) {
    await this.#store.query(
      `alter system set auto_explain.log_min_duration = ${level}`,
    );
    await this.#store.query('select pg_reload_conf()');
    // Each session hears of it before its next statement.
    await this.#store.query('select pg_sleep(0.3)');
  }

  #read() {
    const file = openSync(this.#file, 'r');
    try {
      const { size } = fstatSync(file);
      const bytes = Buffer.alloc(size - this.#at);
      readSync(file, bytes, 0, bytes.length, this.#at);
      // A character may be there in parts only.
      const end = bytes.lastIndexOf('\n') + 1;
      this.#at += end;
      return bytes.toString('utf8', 0, end);
    } finally {
      closeSync(file);
    }
  }
}

/** `$1 = 'a', $2 = NULL` as PostgreSQL writes parameters. */
function valuesOf(text) {
  const values = [];
  for (const [, number, quoted] of text.matchAll(
    /\$(\d+) = (?:NULL|'((?:[^']|'')*)')/g,
  )) {
    values[Number(number) - 1] =
      quoted === undefined ? null : quoted.replaceAll("''", "'");
  }
  return values;
}

/** Tables of which a plan reads all of many rows. */
export async function largeTables(store) {
  const { rows } = await store.query(
    `select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and reltuples >= $1`,
    [LARGE],
  );
  return new Set(rows.map(row => row.relname));
}

/** The large tables that a plan scans from end to end. */
export function sequentialScans(plan, large) {
  const own =
    plan['Node Type'] === 'Seq Scan' && large.has(plan['Relation Name'])
      ? [plan['Relation Name']]
      : [];
  return [
    ...own,
    ...(plan.Plans ?? []).flatMap(child => sequentialScans(child, large)),
  ];
}
