import { Token, tokens } from './lexer';

/** What must be so in the database for one commit to prove its statement. */
export interface Provable {
  /** Must be a table of InnoDB: DDL of other engines is not atomic. */
  table?: { schema?: string; name: string };
  /** Makes a table and names no engine. */
  usesDefaultEngine: boolean;
}

interface Reading {
  sql: string;
  all: Token[];
  /** Upper case; empty for all that is no plain word. */
  words: string[];
}

/** Longer DDL exists, but not such that a proof is worth reading it all. */
const LONGEST = 1_000_000;

/** Only stored: what their bodies do is done later. */
const PROGRAMS = new Set(['VIEW', 'PROCEDURE', 'FUNCTION', 'TRIGGER', 'EVENT']);

/** Words of statements that make several commits or none, or that touch other tables and files. */
const NOT_PLAIN = new Set([
  'AGGREGATE',
  'DISCARD',
  'EXCHANGE',
  'FULLTEXT',
  'IMPORT',
  'ROW',
  'SECONDARY_ENGINE',
  'SECONDARY_LOAD',
  'SECONDARY_UNLOAD',
  'SELECT',
  'SONAME',
  'TABLE',
  'TABLESPACE',
  'TEMPORARY',
]);
const ADMINISTRATION = ['ANALYZE', 'CHECK', 'OPTIMIZE', 'REPAIR'];

/**
 * Reads whether a statement is DDL of which MySQL makes exactly one atomic
 * commit when it succeeds and none when it fails; undefined for all others.
 *
 * @remarks
 * An allow-list: only where one commit is the whole statement does the presence
 * of that commit say what became of the statement.
 */
export function provable(sql: string): Provable | undefined {
  if (sql.length > LONGEST) {
    return undefined;
  }
  const all = tokens(sql, { start: 0, end: sql.length });
  if (all.some(({ kind }) => kind === 'open-version')) {
    return undefined;
  }
  const words = all.map(({ kind, text }) => (kind === 'word' ? text : ''));
  const reading = { sql, all, words };
  const [verb, second] = words;
  if (verb === 'CREATE' && second === 'TABLE') {
    return ofNewTable(reading);
  }
  if (verb === 'CREATE' || verb === 'DROP') {
    const at = words.indexOf('ON') + 1;
    if (words.slice(1, 3).includes('INDEX')) {
      return at > 0 ? ofTable(reading, at) : undefined;
    }
    if (verb === 'DROP' && hasList(reading)) {
      return undefined;
    }
    return second === 'TABLE'
      ? ofTable(reading, words[2] === 'IF' ? 4 : 2)
      : ofProgram(reading);
  }
  const isOne = verb !== 'RENAME' || !hasList(reading);
  return ['ALTER', 'TRUNCATE', 'RENAME'].includes(verb) &&
    second === 'TABLE' &&
    isOne
    ? ofTable(reading, 2)
    : undefined;
}

function ofNewTable(reading: Reading): Provable | undefined {
  const { words } = reading;
  if (!isPlain(words.slice(2)) || words.includes('LIKE')) {
    return undefined;
  }
  return { usesDefaultEngine: !words.includes('ENGINE') };
}

/** CREATE [OR REPLACE] [DEFINER=…] VIEW and the like. */
function ofProgram({ words }: Reading): Provable | undefined {
  const at = words.slice(0, 16).findIndex(word => PROGRAMS.has(word));
  return at > 0 && isPlain(words.slice(0, at)) && !words.includes('SONAME')
    ? { usesDefaultEngine: false }
    : undefined;
}

function ofTable(
  { sql, all, words }: Reading,
  at: number,
): Provable | undefined {
  const isQualified = all[at + 1]?.text === '.';
  const name = nameOf(sql, all[isQualified ? at + 2 : at]);
  if (!name || !isPlain(words.slice(2))) {
    return undefined;
  }
  const schema = isQualified ? nameOf(sql, all[at]) : undefined;
  return {
    table: { name, ...(schema && { schema }) },
    usesDefaultEngine: false,
  };
}

function nameOf(sql: string, token: Token | undefined): string | undefined {
  return token?.kind === 'word'
    ? sql.slice(token.start, token.end)
    : (token?.kind === 'quoted' && token.text) || undefined;
}

function isPlain(words: string[]): boolean {
  return words.every((word, at) => {
    if (word === 'ENGINE') {
      return (words[at + 1] || words[at + 2]) === 'INNODB';
    }
    return (
      !NOT_PLAIN.has(word) &&
      !(ADMINISTRATION.includes(word) && words[at + 1] === 'PARTITION')
    );
  });
}

function hasList({ all }: Reading): boolean {
  return all.some(({ text, kind }) => kind === 'punctuation' && text === ',');
}
