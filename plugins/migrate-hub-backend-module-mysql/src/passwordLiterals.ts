import { Token, tokens } from './lexer';

/** Statements that can give somebody a password, or use one. */
const GIVES = new Set([
  'ALTER',
  'CHANGE',
  'CLONE',
  'CREATE',
  'GRANT',
  'SET',
  'START',
]);

/** What a password stands behind, with or without `=`, `(` or `BY`. */
const BEFORE = new Set([
  'PASSWORD',
  'MASTER_PASSWORD',
  'SOURCE_PASSWORD',
  'BY',
]);

const BETWEEN = new Set(['=', '(', ':']);

/** Such a statement is not long. */
const MOST_TOKENS = 400;

const IN_STRING = /:\/\/[^/\s:]+:[^@\s]+@/;

/**
 * Where a password stands readable in a statement, as offsets into the script.
 * It stays readable in the hub, and in the logs of a server.
 */
export function passwordLiterals(
  sql: string,
  statement: { start: number; end: number; head: string[]; isProgram: boolean },
): number[] {
  if (!GIVES.has(statement.head[0]) || statement.isProgram) return [];
  const found = tokens(sql, statement, MOST_TOKENS);
  return found
    .filter((token, index) => {
      if (token.kind !== 'string' || token.end - token.start <= 2) return false;
      const text = sql.slice(
        token.start,
        Math.min(token.end, token.start + 2000),
      );
      if (IN_STRING.test(text)) return true;
      return isPassword(found, index);
    })
    .map(({ start }) => start);
}

function isPassword(found: Token[], index: number): boolean {
  let at = index - 1;
  while (at >= 0 && BETWEEN.has(found[at].text)) at -= 1;
  const word = found[at];
  if (word?.kind !== 'word' || !BEFORE.has(word.text)) {
    return isSetPassword(found, at);
  }
  // A comma-separated list or PARTITION … BY is no IDENTIFIED … BY.
  return (
    word.text !== 'BY' ||
    found.slice(0, at).some(({ text }) => text === 'IDENTIFIED')
  );
}

/** `SET PASSWORD FOR 'u'@'h' = 'x'`: the name stands in between, and is no password. */
function isSetPassword(found: Token[], at: number): boolean {
  const [first, second, third] = found.map(({ text }) => text);
  return (
    first === 'SET' &&
    second === 'PASSWORD' &&
    third === 'FOR' &&
    found[at + 1]?.text === '='
  );
}
