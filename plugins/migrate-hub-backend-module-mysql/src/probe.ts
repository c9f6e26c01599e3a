import { escape } from 'mysql2';
import { ProbeFinding } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Token, tokens } from './lexer';
import { TextRow } from './wire';

/** So many tokens are read: what a statement names stands at its beginning. */
const HEAD = 400;
const MAX_PARTS = 20;

/** Where information_schema keeps a kind of thing, and by which columns. */
const VIEWS = {
  TABLE: ['TABLES', 'TABLE_SCHEMA', 'TABLE_NAME'],
  VIEW: ['TABLES', 'TABLE_SCHEMA', 'TABLE_NAME'],
  PROCEDURE: ['ROUTINES', 'ROUTINE_SCHEMA', 'ROUTINE_NAME'],
  FUNCTION: ['ROUTINES', 'ROUTINE_SCHEMA', 'ROUTINE_NAME'],
  TRIGGER: ['TRIGGERS', 'TRIGGER_SCHEMA', 'TRIGGER_NAME'],
  EVENT: ['EVENTS', 'EVENT_SCHEMA', 'EVENT_NAME'],
} as const;

type Kind = keyof typeof VIEWS;

interface Asked {
  check: string;
  /** Counts what there is of it. */
  sql: string;
}

class Reading {
  readonly #sql: string;
  readonly #schema: string;
  readonly #all: Token[];
  readonly #words: string[];
  readonly asked: Asked[] = [];

  constructor(sql: string, schema: string) {
    this.#sql = sql;
    this.#schema = schema;
    this.#all = tokens(sql, { start: 0, end: sql.length }, HEAD);
    this.#words = this.#all.map(({ kind, text }) =>
      kind === 'word' ? text : '',
    );
  }

  read(): void {
    const words = this.#words;
    const [verb] = words;
    if (!['CREATE', 'DROP', 'ALTER', 'RENAME', 'TRUNCATE'].includes(verb)) {
      return;
    }
    const index = words.slice(0, 3).indexOf('INDEX');
    if (index > 0) {
      const table = this.#nameAt(words.indexOf('ON') + 1);
      const name = this.#nameAt(index + 1);
      if (table && name) {
        this.#askPart('index', table, name.name);
      }
      return;
    }
    const at = words.slice(0, 16).findIndex(word => word in VIEWS);
    if (at < 1) {
      return;
    }
    const kind = words[at] as Kind;
    const filler = ['IF', 'NOT', 'EXISTS'];
    let from = at + 1;
    while (filler.includes(words[from])) {
      from += 1;
    }
    const named = this.#nameAt(from);
    if (!named) {
      return;
    }
    this.#askWhole(kind, named);
    if (verb === 'RENAME') {
      const to = this.#nameAt(words.indexOf('TO') + 1);
      if (to) {
        this.#askWhole(kind, to);
      }
    }
    if (verb === 'ALTER' && kind === 'TABLE') {
      this.#readParts(named);
    }
  }

  /** ADD [COLUMN] a, DROP INDEX b, … at the depth of the list. */
  #readParts(table: { schema: string; name: string }): void {
    let depth = 0;
    this.#all.forEach(({ text, kind }, at) => {
      if (kind === 'punctuation') {
        depth += { '(': 1, ')': -1 }[text] ?? 0;
      }
      const verb = this.#words[at];
      if (depth > 0 || !['ADD', 'DROP', 'MODIFY', 'CHANGE'].includes(verb)) {
        return;
      }
      let next = at + 1;
      let what: 'column' | 'index' = 'column';
      const SKIPPED = ['COLUMN', 'UNIQUE', 'FULLTEXT', 'SPATIAL', 'IF', 'NOT'];
      const INDEX = ['INDEX', 'KEY'];
      while ([...SKIPPED, ...INDEX, 'EXISTS'].includes(this.#words[next])) {
        what =
          INDEX.includes(this.#words[next]) || this.#words[next] === 'UNIQUE'
            ? 'index'
            : what;
        next += 1;
      }
      const isOther = [
        'CONSTRAINT',
        'FOREIGN',
        'PRIMARY',
        'PARTITION',
        'CHECK',
      ];
      const name = this.#nameAt(next)?.name;
      if (
        name &&
        !isOther.includes(this.#words[next]) &&
        this.asked.length < MAX_PARTS
      ) {
        this.#askPart(what, table, name);
      }
    });
  }

  #askWhole(kind: Kind, { schema, name }: { schema: string; name: string }) {
    const [view, ofSchema, ofName] = VIEWS[kind];
    this.asked.push({
      check: `${kind.toLowerCase()} ${name}`,
      sql: `SELECT COUNT(*) AS found FROM information_schema.${view} WHERE ${ofSchema} = ${escape(
        schema,
      )} AND ${ofName} = ${escape(name)}`,
    });
  }

  #askPart(
    what: 'column' | 'index',
    { schema, name: table }: { schema: string; name: string },
    name: string,
  ): void {
    const [view, column] =
      what === 'column'
        ? ['COLUMNS', 'COLUMN_NAME']
        : ['STATISTICS', 'INDEX_NAME'];
    this.asked.push({
      check: `${what} ${name} of table ${table}`,
      sql: `SELECT COUNT(*) AS found FROM information_schema.${view} WHERE TABLE_SCHEMA = ${escape(
        schema,
      )} AND TABLE_NAME = ${escape(table)} AND ${column} = ${escape(name)}`,
    });
  }

  #nameAt(at: number): { schema: string; name: string } | undefined {
    const isQualified = this.#all[at + 1]?.text === '.';
    const name = this.#textOf(this.#all[isQualified ? at + 2 : at]);
    const schema = isQualified && this.#textOf(this.#all[at]);
    return name ? { schema: schema || this.#schema, name } : undefined;
  }

  /** Names in their own case: tables of most servers differ by it. */
  #textOf(token: Token | undefined): string | undefined {
    if (token?.kind === 'quoted') {
      return token.text;
    }
    return token?.kind === 'word'
      ? this.#sql.slice(token.start, token.end)
      : undefined;
  }
}

/** What is there of the things that a statement names, for a person to judge by. */
export async function probeStatement(
  sql: string,
  schema: string,
  rows: (query: string) => Promise<TextRow[]>,
): Promise<ProbeFinding[]> {
  const reading = new Reading(sql, schema);
  reading.read();
  const findings: ProbeFinding[] = [];
  for (const { check, sql: query } of reading.asked) {
    const [{ found }] = await rows(query);
    const result = Number(found) > 0 ? 'exists' : 'does not exist';
    findings.push({ check, result });
  }
  return findings;
}
