import {
  TargetConnection,
  TargetDriver,
  TargetError,
  TargetSession,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { RunItemRecord } from '../domain/types';
import { HubError } from '../errors';

const CONNECT_TIMEOUT_MS = 10_000;

/** Somebody waits for the answer. */
const LOCK_WAIT_MS = 20_000;

/** A target whose record is to be read and written by hand, so to speak. */
interface RecordTarget {
  driver: TargetDriver;
  connection: TargetConnection;
  /** Of the server that was approved. */
  serverIdentity: string;
  item: Pick<RunItemRecord, 'id' | 'session'>;
  /** How long an old session may be at its statement. */
  statementTimeoutMs: number;
}

const unreachable = (reason: string): HubError =>
  new HubError(
    'TARGET_UNREACHABLE',
    `The target could not be asked: ${reason}. Try again; if it is gone for good, have an admin disable it, then resolve.`,
  );

/**
 * Calls `work` with a session that holds the lock of the target, with no
 * session of an earlier attempt left there.
 *
 * @throws HubError `TARGET_UNREACHABLE`, also where another server answers, and
 * `WRONG_STATE` while somebody is at work there
 */
export async function underTargetLock<T>(
  target: RecordTarget,
  work: (session: TargetSession) => Promise<T>,
): Promise<T> {
  const session = await connect(target);
  try {
    await lock(session, target);
    await session.prepareTables();
    return await work(session);
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    throw unreachable(error.message);
  } finally {
    await session.close();
  }
}

async function connect(target: RecordTarget): Promise<TargetSession> {
  const { driver, connection, item, serverIdentity } = target;
  let session: TargetSession;
  try {
    session = await driver.connect(connection, {
      tag: `migrate-hub ${item.id} by hand`.slice(0, 63),
      lockTimeoutMs: LOCK_WAIT_MS,
      statementTimeoutMs: 0,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
    });
  } catch (error) {
    if (error instanceof TargetError) throw unreachable(error.message);
    throw error;
  }
  if (session.identity.id === serverIdentity) return session;
  await session.close();
  throw unreachable(
    `another server than the approved one answers: ${session.identity.id} instead of ${serverIdentity}`,
  );
}

async function lock(
  session: TargetSession,
  { item, statementTimeoutMs }: RecordTarget,
): Promise<void> {
  let holder = 'another session';
  try {
    await session.acquireLock({
      // Past this an old session's statement would be ended: a person's wait is no reason for that.
      timeoutMs: statementTimeoutMs + LOCK_WAIT_MS * 2,
      signal: AbortSignal.timeout(LOCK_WAIT_MS),
      predecessor: item.session,
      onWaiting: found => {
        holder = found;
      },
    });
  } catch (error) {
    const busy = error instanceof TargetError && error.code === 'CANCELED';
    if (!busy) throw error;
    throw new HubError(
      'WRONG_STATE',
      `Somebody is at work on this target: ${holder}. Wait for it to end, then resolve.`,
    );
  }
}
