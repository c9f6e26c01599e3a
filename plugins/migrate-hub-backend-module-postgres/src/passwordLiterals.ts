import { Token } from './Splitter';

/** Statements that can give somebody a password, by their second word. */
const GIVES = new Set([
  'role',
  'user',
  'group',
  'subscription',
  'server',
  'foreign',
]);

/** A connection string is short; a literal may be of megabytes. */
const MOST_LOOKED_AT = 2000;

/** In a connection string. */
const IN_STRING = /(^|[\s'?&])password\s*=\s*\S|:\/\/[^/\s:]+:[^@\s]+@/i;

/**
 * Where a password stands readable in a statement, as offsets into the script.
 * It stays readable in the hub, and in the logs of a server.
 *
 * @param head - the first tokens of the statement
 */
export function passwordLiterals(sql: string, head: Token[]): number[] {
  const [first, second] = head.map(({ text }) => text);
  const gives =
    (first === 'create' || first === 'alter') && GIVES.has(second ?? '');
  const textOf = ({ start, end }: Token) =>
    sql.slice(start, Math.min(end, start + MOST_LOOKED_AT));
  return head
    .filter((token, index) => {
      if (token.kind !== 'string') return false;
      if (IN_STRING.test(textOf(token))) return true;
      // A verifier lets nobody in who does not know the password.
      if (!gives || textOf(token).includes('SCRAM-SHA-256$')) return false;
      const before = head[index - 1];
      return before.kind === 'word' && before.text === 'password';
    })
    .map(({ start }) => start);
}
