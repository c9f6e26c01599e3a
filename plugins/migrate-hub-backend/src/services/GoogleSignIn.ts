import {
  SessionGrant,
  SignInRefusal,
  googleSignInRequestSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { z } from 'zod';
import { addressRefusal } from '../domain/signIn';
import { UserRecord } from '../domain/types';
import { HubError } from '../errors';
import { lockExternalUser, lockUserByEmail } from '../store/accounts';
import { appendAuditEvent } from '../store/audit';
import { revokeSessionsOf } from '../store/sessions';
import { GOOGLE_PROVIDER, readEmail } from './accounts';
import { AuthSettings } from './AuthSettings';
import { mintEntityRef } from './entityRefs';
import { FirstAdmins } from './FirstAdmins';
import { RoleGrants } from './RoleGrants';
import { SessionOpening } from './SessionOpening';
import { SignInLog } from './SignInLog';

export type GoogleSignInRequest = z.output<typeof googleSignInRequestSchema>;

/** An identity with its address as it is kept. */
type Identity = GoogleSignInRequest & { name: string };

interface Refused {
  /** As the audit trail says it. */
  reason: string;
  told: SignInRefusal;
  user?: UserRecord;
}

const isRefused = (value: UserRecord | Refused): value is Refused =>
  'told' in value;

const unknownAddress: Refused = {
  reason: 'email_unusable',
  told: 'not_allowed',
};

const sentences: Partial<Record<SignInRefusal, string>> = {
  not_allowed: 'This Google account may not sign in here.',
  not_provisioned: 'There is no account for you yet.',
  disabled: 'Your account in migrate-hub is disabled.',
};

/**
 * Lets in whom Google has identified.
 *
 * @remarks
 * A person is the `sub`, not the e-mail address, which can change hands. An
 * account that was prepared by address belongs to the first `sub` that comes
 * with it, and to no other ever after.
 */
export class GoogleSignIn {
  readonly #knex: Knex;
  readonly #settings: AuthSettings;
  readonly #opening: SessionOpening;
  readonly #firstAdmins: FirstAdmins;
  readonly #grants: RoleGrants;
  readonly #log: SignInLog;

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
  }

  static create(options: {
    knex: Knex;
    settings: AuthSettings;
    opening: SessionOpening;
    firstAdmins: FirstAdmins;
    grants: RoleGrants;
    log: SignInLog;
  }): GoogleSignIn {
    return new GoogleSignIn(options);
  }

  /**
   * Opens a session for a verified identity.
   *
   * @throws HubError `SIGN_IN_REFUSED` with the reason for the person.
   */
  async signIn(request: GoogleSignInRequest): Promise<SessionGrant> {
    const email = readEmail(request.email);
    if (!email) throw await this.#refuse(request, unknownAddress);
    // A name is shown on one line.
    const name = request.name?.replace(/\p{C}/gu, '').trim().slice(0, 200);
    const identity: Identity = { ...request, email, name: name || email };

    const outcome = await this.#knex.transaction(async tx => {
      const found = await this.#find(tx, identity);
      if (isRefused(found)) return found;
      const user = await this.#firstAdmins.grant(tx, found, {
        verified: true,
        requestId: identity.requestId,
      });
      return this.#opening.open(tx, {
        user,
        provider: GOOGLE_PROVIDER,
        client: identity,
        refreshToken: identity.refreshToken,
      });
    });
    if ('told' in outcome) throw await this.#refuse(request, outcome);
    return outcome;
  }

  async #find(
    tx: Knex.Transaction,
    identity: Identity,
  ): Promise<UserRecord | Refused> {
    const settings = await this.#settings.current(tx);
    const bound = await lockExternalUser(tx, identity);
    const address = addressRefusal(identity, settings);
    if (address) {
      return { reason: address, told: 'not_allowed', user: bound };
    }
    if (bound) {
      if (bound.disabled) {
        return { reason: 'disabled', told: 'disabled', user: bound };
      }
      return bringUpToDate(tx, this.#grants, bound, identity);
    }
    const prepared = await lockUserByEmail(tx, identity.email);
    if (prepared && !prepared.external) {
      if (prepared.disabled) {
        return { reason: 'disabled', told: 'disabled', user: prepared };
      }
      return bind(tx, this.#grants, prepared, identity);
    }
    if (!settings.autoProvision) {
      return { reason: 'not_provisioned', told: 'not_provisioned' };
    }
    if (prepared) await releaseAddress(tx, this.#grants, prepared, identity);
    return provision(tx, this.#grants, identity, settings.defaultRole);
  }

  async #refuse(
    request: GoogleSignInRequest,
    { reason, told, user }: Refused,
  ): Promise<HubError> {
    await this.#log.failed({
      provider: GOOGLE_PROVIDER,
      reason,
      user,
      client: request,
    });
    return new HubError(
      'SIGN_IN_REFUSED',
      `${sentences[told]} ${this.#settings.contact}`,
      { details: { reason: told } },
    );
  }
}

async function bringUpToDate(
  tx: Knex.Transaction,
  grants: RoleGrants,
  user: UserRecord,
  identity: Identity,
): Promise<UserRecord> {
  const moved = user.email !== identity.email;
  if (!moved && user.name === identity.name) return user;
  if (moved) {
    const other = await lockUserByEmail(tx, identity.email);
    if (other) await releaseAddress(tx, grants, other, identity);
  }
  const updated = await grants.update(tx, user.id, {
    email: identity.email,
    name: identity.name,
  });
  await appendAuditEvent(tx, {
    actorId: user.id,
    action: 'user.updated',
    entityType: 'user',
    entityId: user.id,
    requestId: identity.requestId,
    payload: { by: GOOGLE_PROVIDER },
    personal: {
      userId: user.id,
      data: {
        before: { email: user.email, name: user.name },
        after: { email: identity.email, name: identity.name },
      },
    },
  });
  return updated;
}

/** From now on the account is this `sub`'s. Who had the password before is out. */
async function bind(
  tx: Knex.Transaction,
  grants: RoleGrants,
  user: UserRecord,
  identity: Identity,
): Promise<UserRecord> {
  const bound = await grants.update(tx, user.id, {
    name: identity.name,
    external: {
      provider: GOOGLE_PROVIDER,
      issuer: identity.issuer,
      sub: identity.sub,
    },
  });
  await appendAuditEvent(tx, {
    actorId: user.id,
    action: 'user.updated',
    entityType: 'user',
    entityId: user.id,
    requestId: identity.requestId,
    payload: {
      boundTo: GOOGLE_PROVIDER,
      sessionsRevoked: await revokeSessionsOf(tx, user.id),
    },
  });
  return bound;
}

/** The address belongs to somebody else now; the account keeps everything but that. */
async function releaseAddress(
  tx: Knex.Transaction,
  grants: RoleGrants,
  user: UserRecord,
  identity: Identity,
): Promise<void> {
  await grants.update(tx, user.id, { email: 'released' });
  await appendAuditEvent(tx, {
    action: 'user.updated',
    entityType: 'user',
    entityId: user.id,
    requestId: identity.requestId,
    payload: { by: GOOGLE_PROVIDER },
    personal: {
      userId: user.id,
      data: { before: { email: user.email }, after: {} },
    },
  });
}

async function provision(
  tx: Knex.Transaction,
  grants: RoleGrants,
  identity: Identity,
  role: UserRecord['role'],
): Promise<UserRecord> {
  const { email, name, issuer, sub, requestId } = identity;
  const created = await grants.insert(tx, {
    entityRef: mintEntityRef(),
    kind: 'person',
    provider: GOOGLE_PROVIDER,
    email,
    name,
    role,
    external: { issuer, sub },
  });
  // The same person at the same time in another tab: that one was quicker.
  const user = created ?? (await lockExternalUser(tx, { issuer, sub }));
  if (!user) throw new Error('an account was neither made nor found');
  if (created) {
    await appendAuditEvent(tx, {
      actorId: user.id,
      action: 'user.provisioned',
      entityType: 'user',
      entityId: user.id,
      requestId,
      payload: { role, provider: GOOGLE_PROVIDER },
      personal: { userId: user.id, data: { email } },
    });
  }
  return user;
}
