import { Transactional } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { PlannedStatement } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { leavingsOf } from './leavings';
import { readAssignments } from './settings';
import { SplitStatement } from './splitter';

/** What a statement is, from its first words; never from raw text. */
export interface StatementClass {
  /** First keywords, for people and logs. */
  kind: string;
  transactional: Transactional;
  leaves?: PlannedStatement['leaves'];
}

/**
 * Everything that may stand in a transaction. All else commits implicitly, or
 * might: MariaDB commits even for DDL that then fails or is a no-op.
 */
const IN_TRANSACTION = new Set([
  'INSERT',
  'UPDATE',
  'DELETE',
  'REPLACE',
  'SELECT',
  'WITH',
  'VALUES',
  'TABLE',
  'DO',
  'HANDLER',
  'LOAD',
  'SAVEPOINT',
  'EXPLAIN',
  'DESCRIBE',
  'DESC',
  'SHOW',
  'PREPARE',
  'DEALLOCATE',
]);

/** Only running them would tell whether they commit. */
const OPAQUE = new Set([
  'CALL',
  'EXECUTE',
  'BEGIN',
  'IF',
  'CASE',
  'LOOP',
  'REPEAT',
  'WHILE',
  'FOR',
]);

const OBJECTS = new Set([
  'TABLE',
  'TABLES',
  'INDEX',
  'VIEW',
  'PROCEDURE',
  'FUNCTION',
  'TRIGGER',
  'EVENT',
  'PACKAGE',
  'DATABASE',
  'SCHEMA',
  'USER',
  'ROLE',
  'SEQUENCE',
  'SERVER',
  'TABLESPACE',
]);
const PAIRS = new Set([
  'LOAD',
  'LOCK',
  'OPTIMIZE',
  'RELEASE',
  'TRUNCATE',
  'UNLOCK',
]);
const QUALIFIERS = new Set(['TEMPORARY', 'UNIQUE', 'FULLTEXT', 'SPATIAL']);

export function classify(
  sql: string,
  statement: SplitStatement,
): StatementClass {
  const words = withoutParentheses(statement.head);
  const leaves = leavingsOf(sql, statement, words);
  return {
    kind: kindOf(words),
    transactional: transactionalOf(sql, statement, words),
    // Absent, not undefined: the plan is hashed.
    ...(leaves && { leaves }),
  };
}

function withoutParentheses(head: string[]): string[] {
  const first = head.findIndex(token => token !== '(');
  return first <= 0 ? head : head.slice(first);
}

function kindOf([first, ...rest]: string[]): string {
  if (['CREATE', 'ALTER', 'DROP', 'RENAME'].includes(first)) {
    const at = rest.findIndex(word => OBJECTS.has(word));
    const qualifier = rest.slice(0, at).find(word => QUALIFIERS.has(word));
    return [first, qualifier, rest[at]].filter(Boolean).join(' ');
  }
  if (first === 'ROLLBACK' && rest.includes('TO')) {
    return 'ROLLBACK TO';
  }
  const isPair = PAIRS.has(first) && /^[A-Z]{2,20}$/.test(rest[0] ?? '');
  return isPair ? `${first} ${rest[0]}` : first.slice(0, 30);
}

function transactionalOf(
  sql: string,
  statement: SplitStatement,
  words: string[],
): Transactional {
  const [first, second, third] = words;
  if (first === 'SET') {
    return setTransactional(sql, statement);
  }
  if (IN_TRANSACTION.has(first)) {
    return 'yes';
  }
  if (OPAQUE.has(first)) {
    return 'opaque';
  }
  // What stands in a version comment is code on one server and nothing on the
  // next: CREATE /*!40000 TEMPORARY */ TABLE commits on some.
  if (statement.versionComment !== 'some') {
    const temporary = second === 'TEMPORARY' && third === 'TABLE';
    const savepoint =
      (first === 'ROLLBACK' && words.includes('TO')) ||
      (first === 'RELEASE' && second === 'SAVEPOINT');
    if (((first === 'CREATE' || first === 'DROP') && temporary) || savepoint) {
      return 'yes';
    }
  }
  return 'no';
}

function setTransactional(
  sql: string,
  statement: SplitStatement,
): Transactional {
  if (statement.head[1] === 'STATEMENT') {
    return 'opaque';
  }
  if (statement.versionComment === 'some') {
    return 'no';
  }
  const plain = readAssignments(sql, statement).every(
    ({ scope }) => scope === 'session' || scope === 'user',
  );
  return plain ? 'yes' : 'no';
}

/**
 * Whether a failed statement may have left something behind, other than what
 * its transaction takes back.
 *
 * @remarks
 * InnoDB DDL on one object is atomic on all supported servers. Lists of tables
 * and accounts are half done on MariaDB; what is opaque can be anything.
 */
export function mayLeaveTraces(
  statement: { words: string[]; hasList: boolean },
  flavour: 'MySQL' | 'MariaDB',
): boolean {
  const [first, ...rest] = withoutParentheses(statement.words);
  if (OPAQUE.has(first) || (first === 'SET' && rest[0] === 'STATEMENT')) {
    return true;
  }
  if (['OPTIMIZE', 'REPAIR', 'ANALYZE', 'FLUSH', 'RESET'].includes(first)) {
    return true;
  }
  const lists = ['DROP', 'CREATE', 'ALTER', 'RENAME', 'GRANT', 'REVOKE'];
  return flavour === 'MariaDB' && lists.includes(first) && statement.hasList;
}
