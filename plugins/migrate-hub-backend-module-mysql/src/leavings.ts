import { PlannedStatement } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Assignment, readAssignments } from './settings';
import { SplitStatement } from './splitter';

/** Prepared statements, open tables, or whatever a program does. */
const LEAVING = new Set([
  'BEGIN',
  'CALL',
  'EXECUTE',
  'HANDLER',
  'LOCK',
  'PREPARE',
]);

/** These can assign variables of the user: `SELECT @x := 1`, `… INTO @x`, `LOAD DATA … (@x)`. */
const ASSIGNING = new Set([
  'DELETE',
  'DO',
  'INSERT',
  'LOAD',
  'REPLACE',
  'SELECT',
  'TABLE',
  'UPDATE',
  'VALUES',
  'WITH',
]);

/**
 * What a statement leaves in the session for those behind it. In doubt it is
 * something that cannot be had again in another session.
 */
export function leavingsOf(
  sql: string,
  statement: SplitStatement,
  [first, ...rest]: string[],
): PlannedStatement['leaves'] {
  if (first === 'SET') {
    return ofSet(sql, statement);
  }
  const isLeaving =
    (LEAVING.has(first) && !(first === 'HANDLER' && rest.includes('CLOSE'))) ||
    (first === 'CREATE' && rest.slice(0, 4).includes('TEMPORARY')) ||
    (ASSIGNING.has(first) && statement.hasAtSign);
  return isLeaving ? 'other' : undefined;
}

function ofSet(sql: string, statement: SplitStatement) {
  // SET STATEMENT … FOR: whatever the statement behind it leaves.
  if (statement.head[1] === 'STATEMENT') {
    return 'other';
  }
  const kinds = readAssignments(sql, statement).map(ofAssignment);
  return kinds.includes('other')
    ? 'other'
    : kinds.find(kind => kind === 'settings');
}

function ofAssignment({ scope, name }: Assignment): PlannedStatement['leaves'] {
  switch (scope) {
    case 'user':
      return 'other';
    case 'session':
      return 'settings';
    case 'special':
      // Passwords and default roles are of accounts, not of the session.
      if (name === 'password' || name === 'default') {
        return undefined;
      }
      return name === 'transaction' ? 'settings' : 'other';
    default:
      return undefined;
  }
}
