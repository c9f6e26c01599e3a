import { LoggerService } from '@backstage/backend-plugin-api';
import { Knex } from 'knex';
import { UserRecord } from '../domain/types';
import { appendAuditEvent } from '../store/audit';
import { hasRecentEvent } from '../store/auditQueries';
import { ClientInfo } from '../store/sessions';

/** Where a sign-in came from. */
export interface SignInClient extends ClientInfo {
  requestId?: string;
}

interface SignInLogOptions {
  knex: Knex;
  logger: LoggerService;
  metrics?: SignInMetrics;
}

const THROTTLED = 'throttled';

/** What the log has to tell whoever counts. */
export interface SignInMetrics {
  signIn(attempt: {
    provider: string;
    result: 'succeeded' | 'failed' | 'throttled';
  }): void;
}

const meta = (user: string, { address, requestId }: SignInClient) => ({
  user,
  ...(address && { address }),
  ...(requestId && { requestId }),
});

/**
 * The auth log: each success and each failure, with its reason, in the audit
 * trail and as a line of the log. Nothing that was typed or sent is in it.
 */
export class SignInLog {
  readonly #knex: Knex;
  readonly #logger: LoggerService;
  readonly #metrics: SignInMetrics | undefined;

  private constructor(options: SignInLogOptions) {
    this.#knex = options.knex;
    this.#logger = options.logger;
    this.#metrics = options.metrics;
  }

  static create(options: SignInLogOptions): SignInLog {
    return new SignInLog(options);
  }

  async succeeded(
    tx: Knex.Transaction,
    entry: { provider: string; user: UserRecord; client: SignInClient },
  ): Promise<void> {
    const { provider, user, client } = entry;
    await appendAuditEvent(tx, {
      actorId: user.id,
      action: 'login.succeeded',
      entityType: 'user',
      entityId: user.id,
      requestId: client.requestId,
      payload: { provider },
      personal: { userId: user.id, data: { address: client.address } },
    });
    this.#metrics?.signIn({ provider, result: 'succeeded' });
    this.#logger.info(`Signed in by ${provider}`, meta(user.id, client));
  }

  /** Without the given e-mail address where it is not ours: it may be a mistyped password. */
  async failed(entry: {
    provider: string;
    reason: string;
    user?: UserRecord;
    client: SignInClient;
  }): Promise<void> {
    const { provider, reason, client } = entry;
    const entityId = entry.user?.id ?? 'unknown';
    this.#metrics?.signIn({
      provider,
      result: reason === THROTTLED ? 'throttled' : 'failed',
    });
    this.#logger.warn(
      `Sign-in by ${provider} refused: ${reason}`,
      meta(entityId, client),
    );
    await this.#knex.transaction(tx =>
      appendAuditEvent(tx, {
        action: 'login.failed',
        entityType: 'user',
        entityId,
        requestId: client.requestId,
        payload: { provider, reason },
        personal: {
          userId: entry.user?.id,
          data: { address: client.address },
        },
      }),
    );
  }

  /** A flood is one event of the trail in a while; the log has each attempt. */
  async throttled(entry: {
    provider: string;
    client: SignInClient;
    windowSeconds: number;
  }): Promise<void> {
    const { provider, client, windowSeconds } = entry;
    const reason = THROTTLED;
    const told = await hasRecentEvent(this.#knex, {
      action: 'login.failed',
      payload: { provider, reason },
      personal: { address: client.address },
      withinSeconds: windowSeconds,
    });
    if (!told) {
      await this.failed({ provider, reason, client });
      return;
    }
    this.#metrics?.signIn({ provider, result: 'throttled' });
    this.#logger.warn(
      `Sign-in by ${provider} refused: ${reason}`,
      meta('unknown', client),
    );
  }
}
