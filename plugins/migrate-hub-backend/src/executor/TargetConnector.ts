import { setTimeout as sleep } from 'timers/promises';
import { Engine } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  ConnectOptions,
  TargetConnection,
  TargetDriver,
  TargetError,
  TargetSession,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { DbTargetRecord } from '../domain/types';
import { approvedConnection, TargetSecrets } from './approvedConnection';
import { Backoff } from './Backoff';
import { ItemFailure } from './ItemFailure';
import { FailPoint } from './failPoints';
import { ItemAttempt } from './ItemAttempt';
import { LoadedRun } from './RunMaterials';

const CONNECT_TIMEOUT_MS = 10_000;

/** Where the policy has no deadline for a statement. */
const FOR_EVER_MS = 7 * 24 * 3_600_000;

/** Gets sessions to the server that was approved for one item, as often as one is needed. */
export class TargetConnector {
  readonly #driver: TargetDriver;
  readonly #connection: TargetConnection;
  readonly #serverIdentity: string;
  readonly #connectOptions: ConnectOptions;
  readonly #attempt: ItemAttempt;
  readonly #failPoint: FailPoint | undefined;

  private constructor(options: TargetConnectorOptions, driver: TargetDriver) {
    const { attempt, loaded } = options;
    const { connection, serverIdentity } = approvedConnection({
      bound: loaded.targets.get(attempt.targetId),
      target: options.target,
      secrets: options.secrets,
    });
    this.#driver = driver;
    this.#connection = connection;
    this.#serverIdentity = serverIdentity;
    this.#attempt = attempt;
    this.#failPoint = options.failPoint;
    this.#connectOptions = {
      tag: `migrate-hub ${attempt.itemId} ${attempt.attempt}`,
      lockTimeoutMs: loaded.policy.lockTimeoutSeconds * 1000,
      statementTimeoutMs: loaded.policy.statementTimeoutSeconds * 1000,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      onNotice: ({ severity, message }) =>
        attempt.log.write(
          /warn|error/i.test(severity) ? 'warn' : 'info',
          `${severity}: ${message}`,
          { sensitive: true },
        ),
    };
  }

  /** @throws ItemFailure if the target is not the approved one any more */
  static create(options: TargetConnectorOptions): TargetConnector {
    const { engine } = options.attempt.run;
    const driver = options.drivers.get(engine);
    if (driver) return new TargetConnector(options, driver);
    throw new ItemFailure(
      'INTERNAL',
      `This executor has no driver for ${engine}`,
    );
  }

  /** How long an active session of an earlier attempt may go on: its statement has a deadline. */
  get predecessorMs(): number {
    const { lockTimeoutMs, statementTimeoutMs } = this.#connectOptions;
    return lockTimeoutMs + (statementTimeoutMs || FOR_EVER_MS);
  }

  /** @throws TargetError, or ItemFailure `SERVER_CHANGED` */
  async connect(): Promise<TargetSession> {
    const session = await this.#driver.connect(
      this.#connection,
      this.#connectOptions,
    );
    const { identity, backend } = session;
    if (identity.id !== this.#serverIdentity) {
      await session.close();
      const { host, port } = this.#connection;
      throw new ItemFailure(
        'SERVER_CHANGED',
        `Another server than the approved one answers at ${host}:${port}: ${
          identity.id
        } instead of ${
          this.#serverIdentity
        }. Test the target, and request again.`,
      );
    }
    this.#attempt.log.write(
      'info',
      `Connected to ${identity.flavour} ${identity.version}, session ${backend.pid}`,
    );
    try {
      await this.#failPoint?.('connected', this.#attempt.fence);
    } catch (error) {
      await session.close();
      throw error;
    }
    return session;
  }

  /** After a crash the target may be on its way back: its word is worth waiting for. */
  async connectWithin(ms: number): Promise<TargetSession> {
    const deadline = Date.now() + ms;
    const backoff = new Backoff({ firstMs: 200, capMs: 3_000 });
    for (;;) {
      try {
        return await this.connect();
      } catch (error) {
        const pause = backoff.next();
        const hopeless =
          !(error instanceof TargetError) || this.#attempt.leaving.aborted;
        if (hopeless || Date.now() + pause > deadline) throw error;
        await sleep(pause);
      }
    }
  }
}

export interface TargetConnectorOptions {
  drivers: ReadonlyMap<Engine, TargetDriver>;
  secrets: TargetSecrets;
  attempt: ItemAttempt;
  loaded: LoadedRun;
  /** As it is now; absent if it is gone. */
  target: DbTargetRecord | undefined;
  failPoint?: FailPoint;
}
