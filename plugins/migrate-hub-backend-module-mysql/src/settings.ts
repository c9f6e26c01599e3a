import { Token, tokens } from './lexer';

/** One assignment of a SET statement. */
export interface Assignment {
  /**
   * - `session`: a system variable of this session
   * - `user`: `@name`
   * - `server`: GLOBAL, PERSIST and the like
   * - `special`: SET ROLE, SET PASSWORD, SET TRANSACTION, SET NAMES, …
   */
  scope: 'session' | 'user' | 'server' | 'special';
  /** Lower case; the keyword for `special`. */
  name: string;
}

const SERVER_SCOPES = new Set(['GLOBAL', 'PERSIST', 'PERSIST_ONLY']);
const SESSION_SCOPES = new Set(['SESSION', 'LOCAL']);
const SPECIAL = new Set([
  'ROLE',
  'PASSWORD',
  'NAMES',
  'CHARSET',
  'TRANSACTION',
  'DEFAULT',
  'RESOURCE',
  'CHARACTER',
]);

const FORBIDDEN: Array<[RegExp, string]> = [
  [/^sql_mode$/, 'it changes how the rest of the script is read'],
  [
    /^(names|charset|character|character_set_.*|collation_connection)$/,
    'it changes how text is sent and stored without a sign; the hub speaks utf8mb4',
  ],
  [
    /^(autocommit|completion_type)$/,
    'it changes what is durable when, and the hub could no longer say what happened',
  ],
  [
    /^(sql_log_bin|gtid_.*|wsrep_on|pseudo_.*)$/,
    'it hides changes from replicas or forges their place',
  ],
  [
    /^(timestamp|transaction_read_only|tx_read_only)$/,
    "it would falsify or prevent the hub's own record",
  ],
];

/** Why a script may not assign this, or undefined if it may. */
export function forbiddenBecause(assignment: Assignment): string | undefined {
  if (assignment.scope === 'user') {
    return undefined;
  }
  return FORBIDDEN.find(([pattern]) => pattern.test(assignment.name))?.[1];
}

/** The assignments of `SET …`, also of `SET STATEMENT … FOR …`, as far as they can be read. */
export function readAssignments(
  sql: string,
  range: { start: number; end: number },
): Assignment[] {
  const all = tokens(sql, range).filter(
    ({ kind }) => kind !== 'open-version' && kind !== 'close-version',
  );
  const isStatement = all[1]?.text === 'STATEMENT' && all[1].kind === 'word';
  const found: Assignment[] = [];
  let depth = 0;
  let isTarget = true;
  for (let at = isStatement ? 2 : 1; at < all.length; at += 1) {
    const { text, kind } = all[at];
    if (isStatement && kind === 'word' && text === 'FOR' && depth === 0) {
      break;
    }
    if (isTarget) {
      const assignment = readTarget(all, at);
      found.push(assignment);
      isTarget = false;
    }
    if (text === '(') {
      depth += 1;
    } else if (text === ')') {
      depth -= 1;
    } else if (text === ',' && depth === 0 && kind === 'punctuation') {
      // SET ROLE a, b and SET PASSWORD take no further assignments.
      isTarget = found.at(-1)?.scope !== 'special' || isNames(found.at(-1));
    }
  }
  return found;
}

function isNames(assignment: Assignment | undefined): boolean {
  return ['names', 'charset', 'character'].includes(assignment?.name ?? '');
}

function readTarget(all: Token[], at: number): Assignment {
  const word = (index: number) =>
    all[index]?.kind === 'word' ? all[index].text : '';
  const name = (index: number) => (all[index]?.text ?? '').toLowerCase();

  if (all[at].text === '@' && all[at].kind === 'punctuation') {
    if (all[at + 1]?.text !== '@') {
      return { scope: 'user', name: name(at + 1) };
    }
    // @@name, @@session.name
    if (all[at + 3]?.text === '.') {
      const scope = SERVER_SCOPES.has(word(at + 2)) ? 'server' : 'session';
      return { scope, name: name(at + 4) };
    }
    return { scope: 'session', name: name(at + 2) };
  }
  const isAssigned = all[at + 1]?.text === '=' || all[at + 1]?.text === ':';
  if (SERVER_SCOPES.has(word(at)) && !isAssigned) {
    return { scope: 'server', name: name(at + 1) };
  }
  if (SESSION_SCOPES.has(word(at)) && !isAssigned) {
    return word(at + 1) === 'TRANSACTION'
      ? { scope: 'special', name: 'transaction' }
      : { scope: 'session', name: name(at + 1) };
  }
  if (SPECIAL.has(word(at)) && (!isAssigned || word(at) === 'PASSWORD')) {
    return { scope: 'special', name: name(at) };
  }
  return { scope: 'session', name: name(at) };
}
