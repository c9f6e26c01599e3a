import {
  SessionGrant,
  localSignInRequestSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { z } from 'zod';
import { hashPassword, verifyPassword } from '../crypto/passwords';
import { PasswordRefusal, passwordRefusal } from '../domain/signIn';
import { UserRecord } from '../domain/types';
import { HubError } from '../errors';
import { StoredPassword, findPassword } from '../store/accounts';
import { revokeSessionsOf } from '../store/sessions';
import { findUserByEmail, lockUser } from '../store/users';
import { LOCAL_PROVIDER, readEmail, setPassword } from './accounts';
import { AuthSettings } from './AuthSettings';
import { FirstAdmins } from './FirstAdmins';
import { RoleGrants } from './RoleGrants';
import { sessionEnded, userDisabled } from './IdentityService';
import { SessionOpening } from './SessionOpening';
import { SignInLog } from './SignInLog';
import {
  CountedAttempt,
  SignInThrottle,
  WINDOW_SECONDS,
} from './SignInThrottle';

export type LocalSignInRequest = z.output<typeof localSignInRequestSchema>;

/** Shortest password that a person may choose. */
const MIN_PASSWORD_LENGTH = 12;

const wrong = () =>
  new HubError('NOT_SIGNED_IN', 'The e-mail address or the password is wrong.');

const refusals = {
  local_off: {
    message: 'Sign-in with a password is switched off.',
    told: 'local_off',
  },
  email_denied: { message: 'You may not sign in here.', told: 'not_allowed' },
  google_required: {
    message: 'Sign in with Google: your account belongs to it.',
    told: 'google_required',
  },
} as const;

/** Sign-in with e-mail and password: the way in without Google, where it is open. */
export class LocalSignIn {
  readonly #knex: Knex;
  readonly #settings: AuthSettings;
  readonly #opening: SessionOpening;
  readonly #firstAdmins: FirstAdmins;
  readonly #grants: RoleGrants;
  readonly #log: SignInLog;
  readonly #throttle: SignInThrottle;

  private constructor(options: {
    knex: Knex;
    settings: AuthSettings;
    opening: SessionOpening;
    firstAdmins: FirstAdmins;
    grants: RoleGrants;
    log: SignInLog;
  }) {
    this.#knex = options.knex;
    this.#settings = options.settings;
    this.#opening = options.opening;
    this.#firstAdmins = options.firstAdmins;
    this.#grants = options.grants;
    this.#log = options.log;
    this.#throttle = SignInThrottle.create(options);
  }

  static create(options: {
    knex: Knex;
    settings: AuthSettings;
    opening: SessionOpening;
    firstAdmins: FirstAdmins;
    grants: RoleGrants;
    log: SignInLog;
  }): LocalSignIn {
    return new LocalSignIn(options);
  }

  /**
   * Checks a password and opens a session.
   *
   * @throws HubError `NOT_SIGNED_IN`, the same for an unknown account and a
   * wrong password; `TOO_MANY_REQUESTS`; after the right password only:
   * `USER_DISABLED`, `SIGN_IN_REFUSED`, `PASSWORD_CHANGE_REQUIRED`,
   * `INVALID_INPUT` for a new password that is too weak.
   */
  async signIn(request: LocalSignInRequest): Promise<SessionGrant> {
    const { password, newPassword, requestId } = request;
    const settings = await this.#settings.current(this.#knex);
    if (!settings.localSignIn && !settings.localForced) {
      throw await this.#refuse(request, 'local_off');
    }
    const attempt = await this.#begin(request);
    const email = readEmail(request.email);
    const user = email ? await findUserByEmail(this.#knex, email) : undefined;
    const known = user && (await findPassword(this.#knex, user.id));
    const correct = await verifyPassword(known?.hash, password);
    if (!user || !known || !correct || known.expired) {
      await this.#log.failed({
        provider: LOCAL_PROVIDER,
        reason: failureOf(user, { known, correct }),
        user,
        client: request,
      });
      throw wrong();
    }
    const refusal = passwordRefusal(user, settings);
    if (refusal) throw await this.#refuse(request, refusal, user);
    if (user.disabled) {
      await this.#log.failed({
        provider: LOCAL_PROVIDER,
        reason: 'disabled',
        user,
        client: request,
      });
      throw userDisabled();
    }
    const newHash = await replace(known, { password, newPassword });

    return this.#knex.transaction(async tx => {
      await attempt.succeeded(tx);
      // Locked, so that a password changed or a user disabled just now counts.
      const locked = await lockUser(tx, user.id);
      if (!locked || locked.disabled) throw userDisabled();
      if ((await findPassword(tx, user.id))?.hash !== known.hash) {
        throw sessionEnded();
      }
      if (newHash) {
        await setPassword(tx, this.#grants, {
          userId: user.id,
          passwordHash: newHash,
          actorId: user.id,
          requestId,
          otherSessionsRevoked: await revokeSessionsOf(tx, user.id),
        });
      }
      const granted = await this.#firstAdmins.grant(tx, locked, { requestId });
      return this.#opening.open(tx, {
        user: granted,
        provider: LOCAL_PROVIDER,
        client: request,
      });
    });
  }

  async #begin(request: LocalSignInRequest): Promise<CountedAttempt> {
    try {
      return await this.#throttle.begin(request);
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      await this.#log.throttled({
        provider: LOCAL_PROVIDER,
        client: request,
        windowSeconds: WINDOW_SECONDS,
      });
      throw error;
    }
  }

  async #refuse(
    request: LocalSignInRequest,
    reason: PasswordRefusal,
    user?: UserRecord,
  ): Promise<HubError> {
    await this.#log.failed({
      provider: LOCAL_PROVIDER,
      reason,
      user,
      client: request,
    });
    const { message, told } = refusals[reason];
    return new HubError(
      'SIGN_IN_REFUSED',
      `${message} ${this.#settings.contact}`,
      { details: { reason: told } },
    );
  }
}

function failureOf(
  user: UserRecord | undefined,
  tried: { known: StoredPassword | undefined; correct: boolean },
): string {
  if (!user) return 'unknown_account';
  if (tried.known?.expired && tried.correct) return 'password_expired';
  return 'wrong_password';
}

/** The hash of the new password, if there is one. */
async function replace(
  known: StoredPassword,
  given: { password: string; newPassword?: string },
): Promise<string | undefined> {
  const { password, newPassword } = given;
  if (newPassword === undefined) {
    if (!known.mustChange) return undefined;
    throw new HubError(
      'PASSWORD_CHANGE_REQUIRED',
      'This password works once. Choose a new one to go on.',
    );
  }
  checkNewPassword(newPassword, password);
  return hashPassword(newPassword);
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
