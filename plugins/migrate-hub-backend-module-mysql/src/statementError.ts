import { TargetError } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { mayLeaveTraces } from './classify';
import { asDriverError, SERVER_ERROR, serverError } from './errors';
import { Flavour } from './facts';
import { tokens } from './lexer';

const HEAD = 4_000;

export interface FailedStatement {
  sql: string;
  flavour: Flavour;
  inTransaction: boolean;
  wasAsked: boolean;
  timedOut: boolean;
}

/**
 * What the failure of a statement means. That it was killed does not say that
 * it was not applied: only an error in reply says so.
 */
export function statementError(
  failure: unknown,
  statement: FailedStatement,
): TargetError {
  if (failure instanceof TargetError) {
    return lostBy(failure, statement);
  }
  const found = asDriverError(failure);
  return lostBy(
    serverError(codeOf(found.errno, statement), found, {
      mayHaveSideEffects: leavesTraces(statement),
    }),
    statement,
  );
}

function codeOf(errno: number | undefined, statement: FailedStatement) {
  switch (errno) {
    case SERVER_ERROR.queryInterrupted:
    case SERVER_ERROR.sortAborted:
      if (statement.wasAsked) {
        return 'CANCELED';
      }
      return statement.timedOut ? 'STATEMENT_TIMEOUT' : 'STATEMENT_FAILED';
    case SERVER_ERROR.mariadbStatementTimeout:
    case SERVER_ERROR.mysqlStatementTimeout:
      return statement.wasAsked ? 'CANCELED' : 'STATEMENT_TIMEOUT';
    default:
      return 'STATEMENT_FAILED';
  }
}

function leavesTraces({
  sql,
  flavour,
  inTransaction,
}: FailedStatement): boolean {
  if (inTransaction) {
    return false;
  }
  const head = tokens(sql, { start: 0, end: Math.min(sql.length, HEAD) }, 400);
  const words = head.map(({ text }) => text);
  return mayLeaveTraces({ words, hasList: words.includes(',') }, flavour);
}

/** Outside a transaction a lost statement may go on and take effect. */
function lostBy(error: TargetError, { inTransaction }: FailedStatement) {
  return error.connectionLost && !inTransaction
    ? new TargetError({
        code: error.code,
        message: error.message,
        sqlState: error.sqlState,
        connectionLost: true,
        mayHaveSideEffects: true,
      })
    : error;
}
