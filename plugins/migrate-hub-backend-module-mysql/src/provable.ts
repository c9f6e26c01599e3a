import { Token, tokens } from './lexer';

/** What must be so in the database for a commit to prove its statement. */
export interface Provable {
  /** A table that must be one of InnoDB; DDL of other engines is not atomic. */
  table?: { schema?: string; name: string };
  /** It makes a table and names no engine. */
  usesDefaultEngine: boolean;
}

/** Longer DDL exists, but not such that a proof is worth reading it all. */
const LONGEST = 1_000_000;

/** In a stored program the body decides nothing: it is only stored. */
const PROGRAMS = new Set([
  'VIEW',
  'PROCEDURE',
  'FUNCTION',
  'TRIGGER',
  'EVENT',
]);

/** Words that make several commits, other engines or files of a statement that else has one commit. */
const NOT_PLAIN = new Set([
  'SELECT',
  'TABLE',
  'ROW',
  'TEMPORARY',
  'EXCHANGE',
  'IMPORT',
  'DISCARD',
  'SONAME',
  'TABLESPACE',
]);

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
  switch (words[0]) {
    case 'CREATE':
      return ofCreate(all, words);
    case 'DROP':
      return ofDrop(all, words);
    case 'ALTER':
    case 'TRUNCATE':
      return words[1] === 'TABLE' ? ofTable(all, words, 2) : undefined;
    case 'RENAME':
      return words[1] === 'TABLE' && !hasList(all)
        ? ofTable(all, words, 2)
        : undefined;
    default:
      return undefined;
  }
}

function ofCreate(all: Token[], words: string[]): Provable | undefined {
  if (words[1] === 'TABLE') {
    const name = words[2] === 'IF' ? 5 : 2;
    const found = ofTable(all, words, name);
    return (
      found && {
        usesDefaultEngine: !words.includes('ENGINE'),
      }
    );
  }
  const kind = words.slice(1, 2).concat(words[2])[
    ['UNIQUE', 'FULLTEXT', 'SPATIAL'].includes(words[1]) ? 1 : 0
  ];
  if (kind === 'INDEX') {
    const on = words.indexOf('ON');
    return on > 0 ? ofTable(all, words, on + 1) : undefined;
  }
  return ofProgram(words);
}

function ofDrop(all: Token[], words: string[]): Provable | undefined {
  if (words[1] === 'TABLE') {
    return hasList(all)
      ? undefined
      : ofTable(all, words, words[2] === 'IF' ? 4 : 2);
  }
  if (words[1] === 'INDEX') {
    const on = words.indexOf('ON');
    return on > 0 ? ofTable(all, words, on + 1) : undefined;
  }
  return hasList(all) ? undefined : ofProgram(words);
}

/** CREATE [OR REPLACE] [ALGORITHM=…] [DEFINER=…] [SQL SECURITY …] VIEW and the like. */
function ofProgram(words: string[]): Provable | undefined {
  const kind = words.slice(1, 16).find(word => PROGRAMS.has(word));
  const before = kind ? words.slice(0, words.indexOf(kind)) : words;
  const isPlain = !before.some(
    word => NOT_PLAIN.has(word) || word === 'AGGREGATE',
  );
  return kind && isPlain && !words.includes('SONAME')
    ? { usesDefaultEngine: false }
    : undefined;
}

function ofTable(
  all: Token[],
  words: string[],
  at: number,
): Provable | undefined {
  if (words.slice(2).some(word => NOT_PLAIN.has(word)) || !isInnoDb(words)) {
    return undefined;
  }
  const first = all[at];
  if (!first || (first.kind !== 'word' && first.kind !== 'quoted')) {
    return undefined;
  }
  const isQualified = all[at + 1]?.text === '.';
  const name = rawName(isQualified ? all[at + 2] : first);
  return name === undefined
    ? undefined
    : {
        table: { name, ...(isQualified && { schema: rawName(first) }) },
        usesDefaultEngine: false,
      };
}

/** A name without backticks was folded to upper case by the lexer: read only by case-blind comparison. */
function rawName(token: Token | undefined): string | undefined {
  return token?.text;
}

/** Whether each ENGINE that is named is InnoDB. */
function isInnoDb(words: string[]): boolean {
  return words.every((word, at) => {
    if (word !== 'ENGINE') {
      return true;
    }
    const named = words[at + 1] || words[at + 2];
    return named === 'INNODB';
  });
}

function hasList(all: Token[]): boolean {
  return all.some(({ text, kind }) => kind === 'punctuation' && text === ',');
}
