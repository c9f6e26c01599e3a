import { RootConfigService } from '@backstage/backend-plugin-api';
import { SessionGrant } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { randomBytes } from 'crypto';
import { Knex } from 'knex';
import { SecretBox } from '../crypto/SecretBox';
import { UserRecord } from '../domain/types';
import { appendAuditEvent } from '../store/audit';
import { insertSession, setUpstreamToken } from '../store/sessions';
import { touchSignIn } from '../store/users';
import { SignInClient, SignInLog } from './SignInLog';

export interface SessionLimits {
  absoluteSeconds: number;
  idleSeconds: number;
}

/**
 * What the database keeps of the id that only the browser holds, by each key.
 * Keyed: whoever writes into the database cannot make a session.
 */
export const secretHashes = (secrets: SecretBox, secret: string): Buffer[] =>
  secrets.sessionHashes(`secret\n${secret}`);

/** Binds a session to its user, by each key: nobody can give theirs to another. */
export const ownerMacs = (
  secrets: SecretBox,
  session: { id: string; userId: string },
): Buffer[] => secrets.sessionHashes(`owner\n${session.id}\n${session.userId}`);

/** What the auth module is told; `secret` only if the browser's cookie changes. */
export const toGrant = (
  session: { id: string; expiresAt: Date; secret?: string },
  user: UserRecord,
): SessionGrant => ({
  sessionId: session.secret,
  sid: session.id,
  expiresAt: session.expiresAt.toISOString(),
  user: {
    id: user.id,
    entityRef: user.entityRef,
    email: user.email,
    name: user.name,
  },
});

/** Opens a session for somebody who has proved who they are, by whatever means. */
export class SessionOpening {
  readonly #secrets: SecretBox;
  readonly #log: SignInLog;
  readonly limits: SessionLimits;

  private constructor(
    secrets: SecretBox,
    log: SignInLog,
    limits: SessionLimits,
  ) {
    this.#secrets = secrets;
    this.#log = log;
    this.limits = limits;
  }

  /** @throws if `migrateHub.sessions` makes no sense. */
  static create(options: {
    config: RootConfigService;
    secrets: SecretBox;
    log: SignInLog;
  }): SessionOpening {
    const { config, secrets, log } = options;
    return new SessionOpening(secrets, log, readLimits(config));
  }

  /** The id is always a fresh one: what the browser had before is not looked at. */
  async open(
    tx: Knex.Transaction,
    entry: {
      user: UserRecord;
      provider: string;
      client: SignInClient;
      refreshToken?: string;
    },
  ): Promise<SessionGrant> {
    const { user, provider, client, refreshToken } = entry;
    const { address, agent, requestId } = client;
    const secret = randomBytes(32).toString('base64url');
    const session = await insertSession(tx, {
      userId: user.id,
      provider,
      secretHash: secretHashes(this.#secrets, secret)[0],
      ownerMac: opened => ownerMacs(this.#secrets, opened)[0],
      absoluteSeconds: this.limits.absoluteSeconds,
      address,
      agent,
    });
    if (refreshToken) {
      const sealed = this.#secrets.sealToken(refreshToken, session.id);
      await setUpstreamToken(tx, session.id, sealed);
    }
    await touchSignIn(tx, user.id);
    await this.#log.succeeded(tx, { provider, user, client });
    await appendAuditEvent(tx, {
      actorId: user.id,
      action: 'session.created',
      entityType: 'session',
      entityId: session.id,
      requestId,
      payload: { provider },
      personal: { userId: user.id, data: { address, agent } },
    });
    return toGrant({ ...session, secret }, user);
  }
}

function readLimits(config: RootConfigService): SessionLimits {
  const hours = (key: string, fallback: number) => {
    const value =
      config.getOptionalNumber(`migrateHub.sessions.${key}`) ?? fallback;
    if (value > 0) return value * 3600;
    throw new Error(`migrateHub.sessions.${key} must be more than 0`);
  };
  return {
    absoluteSeconds: hours('absoluteHours', 12),
    idleSeconds: hours('idleHours', 2),
  };
}
