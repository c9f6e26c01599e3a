import {
  SessionHandle,
  TargetConnection,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { connect } from './connect';
import { asDriverError, SERVER_ERROR, serverError } from './errors';
import { startOfServer } from './serverStart';
import { findSession } from './sessions';

const TIMEOUT_MS = 5_000;

/**
 * Interrupts what a session is executing, from a session of its own.
 *
 * @remarks
 * A server gives a connection id once in its lifetime, so the session is still
 * the same if the server has not been restarted since it began.
 */
export async function killQuery(
  target: TargetConnection,
  session: SessionHandle,
): Promise<void> {
  const { wire } = await connect(target, {
    timeoutMs: TIMEOUT_MS,
    tag: 'migrate-hub control',
  });
  try {
    const { earliest } = await startOfServer(wire);
    if (earliest > Date.parse(session.startedAt)) {
      return;
    }
    await wire.rows(`KILL QUERY ${Number(session.pid)}`);
  } catch (error) {
    const found = asDriverError(error);
    if (found.errno !== SERVER_ERROR.unknownThread) {
      throw serverError('STATEMENT_FAILED', found, {
        prefix: 'The statement could not be interrupted: ',
      });
    }
  } finally {
    await wire.end(1_000);
  }
}

/** Asks with another session whether one waits for its client, or is gone. */
export async function isThrough(
  target: TargetConnection,
  session: SessionHandle,
): Promise<boolean> {
  const { wire } = await connect(target, {
    timeoutMs: TIMEOUT_MS,
    tag: 'migrate-hub watch',
  });
  try {
    const { earliest } = await startOfServer(wire);
    if (earliest > Date.parse(session.startedAt)) return true;
    const found = await findSession(wire, session.pid);
    return found === undefined || found.command === 'Sleep';
  } finally {
    await wire.end(1_000);
  }
}
