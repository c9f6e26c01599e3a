import {
  SessionGrant,
  sessionRefreshRequestSchema,
  sessionRevokedSchema,
  upstreamReportSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { z } from 'zod';
import { SecretBox } from '../crypto/SecretBox';
import { appendAuditEvent } from '../store/audit';
import {
  SessionRecord,
  claimUpstreamCheck,
  findSession,
  findSessionOwner,
  revokeSession,
  rotateSecret,
  setUpstreamToken,
  touchSession,
} from '../store/sessions';
import { sessionEnded, userDisabled } from './IdentityService';
import {
  SessionOpening,
  ownerMacs,
  secretHashes,
  toGrant,
} from './SessionOpening';

export type SessionRequest = z.output<typeof sessionRefreshRequestSchema>;
export type UpstreamReport = z.output<typeof upstreamReportSchema>;

/** Two tabs may come with the same id; an answer may be lost. */
const GRACE_SECONDS = 30;

/** The identity provider is asked again after this, at the next refresh. */
const UPSTREAM_CHECK_SECONDS = 3600;

/**
 * Sessions of people who sign in here. The browser holds an opaque random id,
 * the row only its hash; each refresh replaces it.
 */
export class SessionsService {
  readonly #knex: Knex;
  readonly #secrets: SecretBox;
  readonly #opening: SessionOpening;

  private constructor(knex: Knex, secrets: SecretBox, opening: SessionOpening) {
    this.#knex = knex;
    this.#secrets = secrets;
    this.#opening = opening;
  }

  static create(options: {
    knex: Knex;
    secrets: SecretBox;
    opening: SessionOpening;
  }): SessionsService {
    const { knex, secrets, opening } = options;
    return new SessionsService(knex, secrets, opening);
  }

  /**
   * Goes on with the session that the cookie names, under a new id.
   *
   * @throws HubError `NOT_SIGNED_IN` if it ended, `USER_DISABLED`. An id that
   * was replaced earlier ends the session: two have it, and one of them is not
   * the person.
   */
  async refresh(request: SessionRequest): Promise<SessionGrant> {
    const found = await this.#find(request);
    if (!found?.session.alive) throw sessionEnded();
    const { session, user } = found;
    if (found.secret === 'replayed') {
      await this.#end(session, request, 'replayed_id');
      throw sessionEnded();
    }
    if (user.disabled) throw userDisabled();

    const next = this.#successor(session, request.sessionId);
    const [nextHash] = secretHashes(this.#secrets, next);
    const rotated =
      found.secret === 'current' &&
      (await this.#knex.transaction(tx => rotateSecret(tx, session, nextHash)));
    await touchSession(this.#knex, session.id, request);
    // The other tab has got this very id, unless it has gone on since.
    const known = rotated || (await this.#isCurrent(session, nextHash));
    const grant = toGrant(
      { ...session, secret: known ? next : undefined },
      user,
    );
    return { ...grant, upstream: await this.#upstreamToCheck(session) };
  }

  /** Ends the session; one that ended before, or never was, is no error. */
  async revoke(
    request: SessionRequest,
  ): Promise<z.output<typeof sessionRevokedSchema>> {
    const found = await this.#find(request);
    if (!found) return {};
    const { session } = found;
    const ended = await this.#end(session, request, 'sign_out');
    return ended ? { upstream: this.#upstreamOf(session) } : {};
  }

  /**
   * What the identity provider said about a session.
   *
   * @throws HubError `NOT_SIGNED_IN` if it ended it.
   */
  async report(report: UpstreamReport): Promise<void> {
    const { sid, outcome, refreshToken } = report;
    if (outcome === 'valid' && refreshToken) {
      const sealed = this.#secrets.sealToken(refreshToken, sid);
      await setUpstreamToken(this.#knex, sid, sealed);
    }
    if (outcome !== 'ended') return;
    const userId = await findSessionOwner(this.#knex, sid);
    if (userId) {
      await this.#end({ id: sid, userId }, report, 'ended_by_provider');
    }
    throw sessionEnded();
  }

  async #find(request: SessionRequest) {
    const hashes = secretHashes(this.#secrets, request.sessionId);
    const found = await findSession(this.#knex, hashes, {
      idleSeconds: this.#opening.limits.idleSeconds,
      graceSeconds: GRACE_SECONDS,
    });
    if (!found) return undefined;
    const { ownerMac } = found.session;
    const isTheirs = ownerMacs(this.#secrets, found.session).some(
      mac => ownerMac && mac.equals(ownerMac),
    );
    return isTheirs ? found : undefined;
  }

  /**
   * The id after this one. Computed, so that two calls at once get the same;
   * nobody else can, without the key.
   */
  #successor(session: SessionRecord, secret: string): string {
    return this.#secrets.fingerprint(
      Buffer.from(`session id after\n${session.id}\n${secret}`),
    );
  }

  async #isCurrent(session: SessionRecord, hash: Buffer): Promise<boolean> {
    const found = await findSession(this.#knex, [hash], {
      idleSeconds: this.#opening.limits.idleSeconds,
      graceSeconds: GRACE_SECONDS,
    });
    return found?.session.id === session.id && found.secret === 'current';
  }

  async #upstreamToCheck(session: SessionRecord) {
    const due =
      session.upstreamToken &&
      (await claimUpstreamCheck(
        this.#knex,
        session.id,
        UPSTREAM_CHECK_SECONDS,
      ));
    return due ? this.#upstreamOf(session) : undefined;
  }

  #upstreamOf({ id, upstreamToken }: SessionRecord) {
    const refreshToken =
      upstreamToken && this.#secrets.openToken(upstreamToken, id);
    return refreshToken ? { refreshToken } : undefined;
  }

  /** False if it had ended before. */
  async #end(
    session: { id: string; userId: string },
    client: { address?: string; requestId?: string },
    reason: string,
  ): Promise<boolean> {
    return this.#knex.transaction(async tx => {
      if (!(await revokeSession(tx, session.id))) return false;
      await appendAuditEvent(tx, {
        // Only a sign-out is what the person did.
        actorId: reason === 'sign_out' ? session.userId : undefined,
        action: 'session.revoked',
        entityType: 'session',
        entityId: session.id,
        requestId: client.requestId,
        payload: { reason, user: session.userId },
        personal: {
          userId: session.userId,
          data: { address: client.address },
        },
      });
      return true;
    });
  }
}
