import { SessionHandle } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { asDriverError, SERVER_ERROR, serverError } from './errors';
import { startOfServer } from './serverStart';
import { findSession } from './sessions';
import { Wire } from './wire';

/**
 * - `gone`: not there, or another session that was given the number later
 * - `idle`: waits for its client, also within a transaction
 * - `active`: executes something, or is being ended
 * - `hidden`: holds the lock, but this account may not see it
 */
export type PredecessorState = 'gone' | 'idle' | 'active' | 'hidden';

/** The session that an earlier attempt at the same item may have left behind. */
export class Predecessor {
  readonly #wire: Wire;
  readonly #id: number;
  readonly #startedAt: number;
  #mayBeThere: boolean | undefined;
  #refusal: string | undefined;

  constructor(wire: Wire, { pid, startedAt }: SessionHandle) {
    this.#wire = wire;
    this.#id = Number(pid);
    this.#startedAt = Date.parse(startedAt);
  }

  get id(): string {
    return String(this.#id);
  }

  /** Why the server did not let it be ended. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /**
   * @remarks
   * A server gives a number once in its lifetime, so the session is the same if
   * the server has not been restarted since. Where its start cannot be told from
   * the session's (within a second), only a holder of the lock is taken for it.
   */
  async state(lockHolder: string | undefined): Promise<PredecessorState> {
    const holds = lockHolder === this.id;
    this.#mayBeThere ??= await this.#isSameServer(holds);
    if (!this.#mayBeThere) {
      return 'gone';
    }
    const session = await findSession(this.#wire, this.#id);
    if (!session) {
      return holds ? 'hidden' : 'gone';
    }
    return session.command === 'Sleep' ? 'idle' : 'active';
  }

  async end(): Promise<void> {
    try {
      await this.#wire.rows(`KILL CONNECTION ${this.#id}`);
    } catch (error) {
      const found = asDriverError(error);
      if (found.errno === SERVER_ERROR.notOwnerOfThread) {
        this.#refusal = found.message;
      } else if (found.errno !== SERVER_ERROR.unknownThread) {
        throw serverError('STATEMENT_FAILED', found, {
          prefix: 'The session of an earlier attempt could not be ended: ',
        });
      }
    }
  }

  async #isSameServer(holdsLock: boolean): Promise<boolean> {
    const { earliest, latest } = await startOfServer(this.#wire);
    return (
      latest <= this.#startedAt || (holdsLock && earliest <= this.#startedAt)
    );
  }
}
