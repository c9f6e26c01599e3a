import {
  BackstageCredentials,
  BackstageNonePrincipal,
  BackstageServicePrincipal,
  BackstageUserPrincipal,
} from '@backstage/backend-plugin-api';
import { idSchema } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { UserRecord } from '../domain/types';
import { HubError } from '../errors';
import { appendAuditEvent } from '../store/audit';
import { findPrincipal } from '../store/users';
import { Caller } from './context';
import { GroupRoles } from './GroupRoles';
import { RoleGrants } from './RoleGrants';

type Principal =
  | BackstageUserPrincipal
  | BackstageServicePrincipal
  | BackstageNonePrincipal;

interface Subject {
  kind: UserRecord['kind'];
  entityRef: string;
  name: string;
  provider: string;
}

/** What a verified token says about when and by which sign-in it came about. */
interface Claims {
  sessionId?: string;
  /** Seconds since 1970. */
  issuedAt?: number;
}

const noClaims: Claims = {};

/** The session of a token or a cookie is over. */
export const sessionEnded = () =>
  new HubError('NOT_SIGNED_IN', 'Your session has ended. Sign in again.');

/** Known, but not let in. */
export const userDisabled = () =>
  new HubError(
    'USER_DISABLED',
    'Your account in migrate-hub is disabled. An admin can enable it again.',
  );

/** Finds out who calls: from the Backstage principal to the user row. */
export class IdentityService {
  readonly #knex: Knex;
  readonly #grants: RoleGrants;
  readonly #allowedPlugins: readonly string[];
  readonly #groupRoles?: GroupRoles;

  private constructor(options: {
    knex: Knex;
    grants: RoleGrants;
    allowedPlugins?: readonly string[];
    groupRoles?: GroupRoles;
  }) {
    this.#knex = options.knex;
    this.#grants = options.grants;
    this.#allowedPlugins = options.allowedPlugins ?? [];
    this.#groupRoles = options.groupRoles;
  }

  /**
   * @param options - `allowedPlugins`: ids of plugins that may act on behalf of
   * users in everything, from the config; `groupRoles`: roles of Backstage groups
   */
  static create(options: {
    knex: Knex;
    grants: RoleGrants;
    allowedPlugins?: readonly string[];
    groupRoles?: GroupRoles;
  }): IdentityService {
    return new IdentityService(options);
  }

  /**
   * The user that the credentials stand for. People who signed in by another
   * provider, and services, get a row with the role `user` at first use.
   *
   * @param request - `credentials` as `httpAuth` verified them and the bearer
   * token of the same request, whose `sid` claim names the session. The bearer
   * is only decoded here: give none that was not verified.
   *
   * @throws HubError `NOT_SIGNED_IN` without a principal or with a session that
   * ended, `USER_DISABLED`.
   */
  async resolve(request: {
    credentials: BackstageCredentials;
    bearer?: string;
    requestId?: string;
  }): Promise<Caller> {
    const { credentials, bearer, requestId } = request;
    const principal = credentials.principal as Principal;
    const subject = subjectOf(principal);
    const { sessionId, issuedAt } =
      principal.type === 'user' && bearer ? readClaims(bearer) : noClaims;

    const found = await findPrincipal(this.#knex, { ...subject, sessionId });
    if (sessionId && !found?.sessionAlive) throw sessionEnded();
    const known = found?.user ?? (await this.#provision(subject, requestId));
    if (known.disabled) throw userDisabled();
    if (!sessionId && isOutdated(issuedAt, found?.tokensValidFrom)) {
      throw sessionEnded();
    }
    const grouped = await this.#groupRoles?.apply(
      known,
      credentials,
      requestId,
    );
    const user = this.#grants.counted(grouped ?? known);

    const actor = principal.type === 'user' ? principal.actor : undefined;
    return {
      user,
      sessionId,
      viaPlugin: actor?.subject.replace(/^plugin:/, ''),
      allowedPlugins: this.#allowedPlugins,
      credentials,
    };
  }

  async #provision(subject: Subject, requestId?: string): Promise<UserRecord> {
    return this.#knex.transaction(async tx => {
      const created = await this.#grants.insert(tx, {
        ...subject,
        role: 'user',
      });
      if (created) {
        await appendAuditEvent(tx, {
          actorId: created.id,
          action: 'user.provisioned',
          entityType: 'user',
          entityId: created.id,
          requestId,
          personal: {
            userId: created.id,
            data: { entityRef: subject.entityRef },
          },
          payload: {
            kind: subject.kind,
            provider: subject.provider,
            role: created.role,
          },
        });
        return created;
      }
      // Another request of the same caller was quicker.
      const found = await findPrincipal(tx, {
        ...subject,
        sessionId: undefined,
      });
      if (found) return found.user;
      throw new HubError(
        'UNKNOWN_USER',
        `'${subject.entityRef}' is taken by an account of another kind. Ask an admin of the hub.`,
      );
    });
  }
}

function subjectOf(principal: Principal): Subject {
  if (principal.type === 'user') {
    // Entity refs are the same in any case.
    const entityRef = principal.userEntityRef.toLocaleLowerCase('en-US');
    return {
      kind: 'person',
      entityRef,
      name: entityRef.split('/').pop() ?? entityRef,
      provider: 'backstage',
    };
  }
  if (principal.type === 'service') {
    return {
      kind: 'service',
      entityRef: `service:${principal.subject}`,
      name: principal.subject,
      provider: 'service',
    };
  }
  throw new HubError(
    'NOT_SIGNED_IN',
    'Sign in first, or send a Backstage token: Authorization: Bearer <token>.',
  );
}

/**
 * The claims `sid` and `iat` of a token. Tokens of other providers have no
 * `sid`. Nor have those made on behalf of a user: a plugin signed them just
 * now, but the user's own, older token is inside.
 *
 * @throws HubError `NOT_SIGNED_IN` for a claim that cannot be a session.
 */
function readClaims(bearer: string): Claims {
  const payload = decodePayload(bearer);
  const inner =
    typeof payload?.obo === 'string' ? decodePayload(payload.obo) : payload;
  const issuedAt = typeof inner?.iat === 'number' ? inner.iat : undefined;
  if (payload?.sid === undefined) return { issuedAt };
  const sid = idSchema.safeParse(payload.sid);
  if (!sid.success) throw sessionEnded();
  return { sessionId: sid.data, issuedAt };
}

/** Issued before the user was disabled, changed role or signed out everywhere. */
function isOutdated(
  issuedAt: number | undefined,
  validFrom: Date | undefined,
): boolean {
  if (!validFrom || issuedAt === undefined) return false;
  // Tokens count in whole seconds.
  return issuedAt < Math.floor(validFrom.getTime() / 1000);
}

function decodePayload(
  bearer: string,
): { sid?: unknown; iat?: unknown; obo?: unknown } | undefined {
  const [, payload, signature] = bearer.split('.');
  if (signature === undefined) return undefined;
  try {
    const decoded: unknown = JSON.parse(
      Buffer.from(payload, 'base64url').toString(),
    );
    return typeof decoded === 'object' ? decoded ?? undefined : undefined;
  } catch {
    // Not a JWT: external tokens may be any text. httpAuth has accepted it.
    return undefined;
  }
}
