import { TargetError } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { asDriverError, SERVER_ERROR, serverError } from './errors';

/** These say that the server rolled back; after anything else only the ledger knows. */
const ROLLED_BACK = new Set<number | undefined>([
  SERVER_ERROR.lockWaitTimeout,
  SERVER_ERROR.deadlock,
  1180,
  3100,
  3101,
]);

/** What the failure of a COMMIT means. */
export function commitError(error: unknown): TargetError {
  if (error instanceof TargetError) {
    return inDoubt(error);
  }
  const found = asDriverError(error);
  const refused = serverError('COMMIT_REFUSED', found);
  return ROLLED_BACK.has(found.errno) ? refused : inDoubt(refused);
}

function inDoubt(error: TargetError): TargetError {
  const { code, message, sqlState, connectionLost } = error;
  return new TargetError({
    code,
    message,
    sqlState,
    connectionLost,
    commitInDoubt: true,
  });
}
