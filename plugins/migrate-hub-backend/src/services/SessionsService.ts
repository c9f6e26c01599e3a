import {
  LoggerService,
  RootConfigService,
} from '@backstage/backend-plugin-api';
import {
  SessionGrant,
  localSignInRequestSchema,
  sessionRefreshRequestSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { createHash, randomBytes } from 'crypto';
import { Knex } from 'knex';
import { z } from 'zod';
import { hashPassword, verifyPassword } from '../crypto/passwords';
import { UserRecord } from '../domain/types';
import { HubError } from '../errors';
import { appendAuditEvent } from '../store/audit';
import {
  findSession,
  insertSession,
  revokeSession,
  revokeSessionsOf,
  touchSession,
} from '../store/sessions';
import {
  findPasswordHash,
  findUserByEmail,
  lockUser,
  touchSignIn,
} from '../store/users';
import { LOCAL_PROVIDER, readEmail, setPassword } from './accounts';
import { FirstAdmins } from './FirstAdmins';
import { sessionEnded, userDisabled } from './IdentityService';
import { SignInThrottle } from './SignInThrottle';

export type LocalSignInRequest = z.output<typeof localSignInRequestSchema>;
export type SessionRequest = z.output<typeof sessionRefreshRequestSchema>;

export interface SessionLimits {
  absoluteSeconds: number;
  idleSeconds: number;
}

/** Shortest password that a person may choose. */
const MIN_PASSWORD_LENGTH = 12;

const hashSecret = (secret: string): Buffer =>
  createHash('sha256').update(secret).digest();

const toGrant = (
  secret: string,
  session: { id: string; expiresAt: Date },
  user: UserRecord,
): SessionGrant => ({
  sessionId: secret,
  sid: session.id,
  expiresAt: session.expiresAt.toISOString(),
  user: {
    id: user.id,
    entityRef: user.entityRef,
    email: user.email,
    name: user.name,
  },
});

/**
 * Sessions of people who sign in here. The browser holds an opaque random id,
 * the row only its hash.
 */
export class SessionsService {
  readonly #knex: Knex;
  readonly #logger: LoggerService;
  readonly #limits: SessionLimits;
  readonly #firstAdmins: FirstAdmins;
  readonly #throttle: SignInThrottle;

  private constructor(options: {
    knex: Knex;
    logger: LoggerService;
    limits: SessionLimits;
    firstAdmins: FirstAdmins;
  }) {
    this.#knex = options.knex;
    this.#logger = options.logger;
    this.#limits = options.limits;
    this.#firstAdmins = options.firstAdmins;
    this.#throttle = SignInThrottle.create({ knex: options.knex });
  }

  /** @throws if `migrateHub.sessions` or `migrateHub.firstAdmins` makes no sense. */
  static create(options: {
    knex: Knex;
    config: RootConfigService;
    logger: LoggerService;
    firstAdmins: FirstAdmins;
  }): SessionsService {
    const { knex, logger, firstAdmins } = options;
    return new SessionsService({
      knex,
      logger,
      firstAdmins,
      limits: readLimits(options.config),
    });
  }

  /**
   * Checks a password and opens a session.
   *
   * @throws HubError `NOT_SIGNED_IN`, the same for an unknown account and a
   * wrong password, `USER_DISABLED` (after the right password only),
   * `INVALID_INPUT` for a new password that is too weak, `TOO_MANY_REQUESTS`.
   */
  async signInLocal(request: LocalSignInRequest): Promise<SessionGrant> {
    const { password, newPassword, requestId } = request;
    const attempt = await this.#throttle.begin(request);
    const email = readEmail(request.email);
    const user = email && (await findUserByEmail(this.#knex, email));
    const known = user
      ? await findPasswordHash(this.#knex, user.id)
      : undefined;
    const correct = await verifyPassword(known, password);

    if (!user || !correct) {
      await this.#recordFailure(request, {
        user: user || undefined,
        reason: user ? 'wrong_password' : 'unknown_account',
      });
      throw new HubError(
        'NOT_SIGNED_IN',
        'The e-mail address or the password is wrong.',
      );
    }
    if (user.disabled) {
      await this.#recordFailure(request, { user, reason: 'disabled' });
      throw userDisabled();
    }
    if (newPassword !== undefined) checkNewPassword(newPassword, password);
    const newHash =
      newPassword === undefined ? undefined : await hashPassword(newPassword);

    return this.#knex.transaction(async tx => {
      await attempt.succeeded(tx);
      // Locked, so that a password changed or a user disabled just now counts.
      const locked = await lockUser(tx, user.id);
      if (!locked || locked.disabled) throw userDisabled();
      if ((await findPasswordHash(tx, user.id)) !== known) throw sessionEnded();

      if (newHash) {
        await setPassword(tx, {
          userId: user.id,
          passwordHash: newHash,
          actorId: user.id,
          requestId,
          otherSessionsRevoked: await revokeSessionsOf(tx, user.id),
        });
      }
      const granted = await this.#firstAdmins.grant(tx, locked, requestId);
      return this.#open(tx, granted, request);
    });
  }

  /**
   * Goes on with the session that the cookie names.
   *
   * @throws HubError `NOT_SIGNED_IN` if it ended, `USER_DISABLED`.
   */
  async refresh(request: SessionRequest): Promise<SessionGrant> {
    const found = await findSession(
      this.#knex,
      hashSecret(request.sessionId),
      this.#limits,
    );
    if (!found?.session.alive) throw sessionEnded();
    if (found.user.disabled) throw userDisabled();
    await touchSession(this.#knex, found.session.id, request);
    return toGrant(request.sessionId, found.session, found.user);
  }

  /** Ends the session; one that ended before, or never was, is no error. */
  async revoke(request: SessionRequest): Promise<void> {
    const found = await findSession(
      this.#knex,
      hashSecret(request.sessionId),
      this.#limits,
    );
    if (!found) return;
    await this.#knex.transaction(async tx => {
      if (!(await revokeSession(tx, found.session.id))) return;
      await appendAuditEvent(tx, {
        actorId: found.user.id,
        action: 'session.revoked',
        entityType: 'session',
        entityId: found.session.id,
        requestId: request.requestId,
        payload: { reason: 'sign_out', address: request.address },
      });
    });
  }

  async #open(
    tx: Knex.Transaction,
    user: UserRecord,
    request: LocalSignInRequest,
  ): Promise<SessionGrant> {
    const { address, agent, requestId } = request;
    const secret = randomBytes(32).toString('base64url');
    const session = await insertSession(tx, {
      userId: user.id,
      provider: LOCAL_PROVIDER,
      secretHash: hashSecret(secret),
      absoluteSeconds: this.#limits.absoluteSeconds,
      address,
      agent,
    });
    await touchSignIn(tx, user.id);
    await appendAuditEvent(tx, {
      actorId: user.id,
      action: 'login.succeeded',
      entityType: 'user',
      entityId: user.id,
      requestId,
      payload: { provider: LOCAL_PROVIDER, address },
    });
    await appendAuditEvent(tx, {
      actorId: user.id,
      action: 'session.created',
      entityType: 'session',
      entityId: session.id,
      requestId,
      payload: { provider: LOCAL_PROVIDER, address, agent },
    });
    return toGrant(secret, session, user);
  }

  /** Without the given e-mail address where it is not ours: it may be a mistyped password. */
  async #recordFailure(
    request: LocalSignInRequest,
    failure: { user?: UserRecord; reason: string },
  ): Promise<void> {
    const { address, requestId } = request;
    await this.#knex.transaction(tx =>
      appendAuditEvent(tx, {
        action: 'login.failed',
        entityType: 'user',
        entityId: failure.user?.id ?? 'unknown',
        requestId,
        payload: { provider: LOCAL_PROVIDER, reason: failure.reason, address },
      }),
    );
    this.#logger.warn(`Sign-in refused: ${failure.reason}`, {
      user: failure.user?.id ?? 'unknown',
      ...(address && { address }),
      ...(requestId && { requestId }),
    });
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

function checkNewPassword(next: string, current: string): void {
  if (next.length < MIN_PASSWORD_LENGTH) {
    throw new HubError(
      'INVALID_INPUT',
      `The new password needs at least ${MIN_PASSWORD_LENGTH} characters.`,
      { details: { field: 'newPassword' } },
    );
  }
  if (next === current) {
    throw new HubError(
      'INVALID_INPUT',
      'The new password must differ from the current one.',
      { details: { field: 'newPassword' } },
    );
  }
}
