import {
  Role,
  idSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { sha256 } from '../crypto/canonical';
import { strongest } from '../domain/roles';
import { UserRecord } from '../domain/types';
import { Cursor } from './cursor';
import { Tx, newId } from './Database';
import { keepPlan } from './keptPlans';
import { exactTime, likeText, optional } from './rows';

export interface UserRow {
  id: string;
  entity_ref: string;
  kind: UserRecord['kind'];
  provider: string;
  email: string | null;
  name: string;
  role: Role;
  group_role: Role | null;
  external_issuer: string | null;
  external_sub: string | null;
  password_digest: string | null;
  password_given_by: string | null;
  role_granted_by: string | null;
  grant_at: Date | null;
  grant_key_id: string | null;
  grant_signature: Buffer | null;
  disabled_at: Date | null;
  revision: number;
  last_sign_in_at: Date | null;
  created_at: Date;
}

/** Everything but the password hash, which only sign-in reads. */
export const userColumns = (alias: string): string[] =>
  [
    'id',
    'entity_ref',
    'kind',
    'provider',
    'email',
    'name',
    'role',
    'group_role',
    'external_issuer',
    'external_sub',
    'password_digest',
    'password_given_by',
    'role_granted_by',
    'grant_at',
    'grant_key_id',
    'grant_signature',
    'disabled_at',
    'revision',
    'last_sign_in_at',
    'created_at',
  ].map(column => `${alias}.${column}`);

export const toUser = (row: UserRow): UserRecord => ({
  id: row.id,
  entityRef: row.entity_ref,
  kind: row.kind,
  provider: row.provider,
  email: optional(row.email),
  name: row.name,
  role: strongest(row.role, optional(row.group_role)),
  ownRole: row.role,
  groupRole: optional(row.group_role),
  external: row.external_sub !== null,
  roleGrantedBy: optional(row.role_granted_by),
  proof: {
    issuer: optional(row.external_issuer),
    sub: optional(row.external_sub),
    passwordDigest: optional(row.password_digest),
    passwordGivenBy: optional(row.password_given_by),
  },
  grant:
    row.grant_at && row.grant_key_id && row.grant_signature
      ? {
          at: row.grant_at,
          keyId: row.grant_key_id,
          signature: row.grant_signature,
        }
      : undefined,
  disabled: row.disabled_at !== null,
  disabledAt: optional(row.disabled_at),
  revision: row.revision,
  lastSignInAt: optional(row.last_sign_in_at),
  createdAt: row.created_at,
});

export async function findUser(
  tx: Tx,
  id: string,
): Promise<UserRecord | undefined> {
  const row = await tx('users as u').where('u.id', id).first(userColumns('u'));
  return row && toUser(row);
}

/** Several at once, by id. */
export async function findUsers(
  tx: Tx,
  ids: string[],
): Promise<Map<string, UserRecord>> {
  const rows = await tx('users as u')
    .whereIn('u.id', ids)
    .select(userColumns('u'));
  return new Map(rows.map(row => [row.id, toUser(row)]));
}

/**
 * Active admins, by own role or by group, and whoever gave one of them role or
 * password, directly or through others.
 */
export async function findAdminCircle(tx: Tx): Promise<UserRecord[]> {
  const { rows } = await tx.raw(
    `with recursive circle (id) as (
       select id from users
        where (role = 'admin' or group_role = 'admin') and disabled_at is null
       union
       select giver.id
         from circle
         join users u on u.id = circle.id
        cross join lateral (values (u.role_granted_by), (u.password_given_by)) as giver (id)
        where giver.id is not null)
     select ${userColumns('u').join(
       ', ',
     )} from circle join users u on u.id = circle.id`,
  );
  return rows.map(toUser);
}

/** The id of the user that a filter names by id, e-mail address or entity ref. */
export async function findUserId(
  tx: Tx,
  name: string,
): Promise<string | undefined> {
  const query = tx('users');
  if (idSchema.safeParse(name).success) {
    query.where({ id: name });
  } else {
    const text = name.toLowerCase();
    query.where({ email: text }).orWhere({ entity_ref: text });
  }
  const row = await query.first('id');
  return row?.id;
}

/** @param email - in lower case */
export async function findUserByEmail(
  tx: Tx,
  email: string,
): Promise<UserRecord | undefined> {
  const row = await tx('users as u')
    .where('u.email', email)
    .first(userColumns('u'));
  return row && toUser(row);
}

/** As text: building it took longer than running it. */
const PRINCIPAL = `
  select ${userColumns('u').join(', ')}, u.tokens_valid_from,
    coalesce(s.revoked_at is null and s.expires_at > now(), false) as session_alive
  from users u
  left join sessions s on s.user_id = u.id and s.id = :sessionId
  where u.entity_ref = :entityRef and u.kind = :kind`;

/**
 * The user with that entity ref and, in the same query, whether the session of
 * the token is still good. Asked once for each call of the API.
 */
export async function findPrincipal(
  tx: Tx,
  principal: {
    entityRef: string;
    kind: UserRecord['kind'];
    sessionId: string | undefined;
  },
): Promise<
  | { user: UserRecord; sessionAlive: boolean; tokensValidFrom?: Date }
  | undefined
> {
  const { entityRef, kind, sessionId = null } = principal;
  const found = await keepPlan(
    tx.raw(PRINCIPAL, { entityRef, kind, sessionId }),
  );
  const [row] = found.rows;
  return (
    row && {
      user: toUser(row),
      sessionAlive: row.session_alive,
      tokensValidFrom: optional(row.tokens_valid_from),
    }
  );
}

export async function lockUser(
  tx: Knex.Transaction,
  id: string,
): Promise<UserRecord | undefined> {
  const row = await tx('users as u')
    .where('u.id', id)
    .forNoKeyUpdate()
    .first(userColumns('u'));
  return row && toUser(row);
}

/**
 * Active admins who are people, locked in a fixed order: two admins who
 * demote each other at once do not both succeed.
 */
export async function lockActiveAdmins(
  tx: Knex.Transaction,
): Promise<UserRecord[]> {
  const rows = await tx('users as u')
    .where({ 'u.role': 'admin', 'u.kind': 'person' })
    .whereNull('u.disabled_at')
    .orderBy('u.id')
    .forNoKeyUpdate()
    .select(userColumns('u'));
  return rows.map(toUser);
}

export interface NewUser {
  entityRef: string;
  kind: UserRecord['kind'];
  provider: string;
  email?: string;
  name: string;
  role: Role;
  roleGrantedBy?: string;
  passwordHash?: string;
  external?: ExternalIdentity;
}

/** Who somebody is for the identity provider. */
export interface ExternalIdentity {
  issuer: string;
  sub: string;
}

/** Undefined if somebody was quicker: another row has the entity ref or e-mail address. */
export async function insertUser(
  tx: Knex.Transaction,
  user: NewUser,
): Promise<UserRecord | undefined> {
  const [row] = await tx('users')
    .insert({
      id: newId(),
      entity_ref: user.entityRef,
      kind: user.kind,
      provider: user.provider,
      email: user.email,
      name: user.name,
      role: user.role,
      role_granted_by: user.roleGrantedBy,
      password_hash: user.passwordHash,
      password_digest: user.passwordHash && sha256(user.passwordHash),
      external_issuer: user.external?.issuer,
      external_sub: user.external?.sub,
    })
    .onConflict()
    .ignore()
    .returning('*');
  return row && toUser(row);
}

/** What is undefined stays. A change of role is also one of who granted it. */
export interface UserChange {
  name?: string;
  /** `released`: another account has it now. */
  email?: string | 'released';
  external?: ExternalIdentity & { provider: string };
  groupRole?: Role | 'none';
  /** `by` is absent where the config grants it. */
  role?: { to: Role; by?: string };
  disabled?: boolean;
  /**
   * `oneTimeHours`: must be changed at its first use, within that time. `givenBy` is
   * absent where somebody changes the own password: whoever gave that one stays.
   */
  password?: {
    hash: string;
    oneTimeHours?: number;
    givenBy?: 'config' | { admin: string };
  };
  /** Takes password and external identity away. */
  reset?: { entityRef: string };
}

/** Writes no grant: services/RoleGrants does, and is the one to call this. */
export async function updateUser(
  tx: Knex.Transaction,
  id: string,
  change: UserChange,
): Promise<UserRecord> {
  const { email, external, groupRole, password, reset } = change;
  const disabledAt = change.disabled ? tx.fn.now() : null;
  const [row] = await tx('users')
    .where({ id })
    .update({
      name: change.name,
      email: email === 'released' ? null : email,
      group_role: groupRole === 'none' ? null : groupRole,
      ...(reset && {
        entity_ref: reset.entityRef,
        external_issuer: null,
        external_sub: null,
        password_hash: null,
        password_digest: null,
        password_given_by: null,
      }),
      ...(external && {
        provider: external.provider,
        external_issuer: external.issuer,
        external_sub: external.sub,
      }),
      // A token without a session must not outlive what it was issued under.
      ...((change.role || change.disabled) && {
        tokens_valid_from: tx.fn.now(),
      }),
      ...(change.role && {
        role: change.role.to,
        role_granted_by: change.role.by ?? null,
        role_granted_at: tx.fn.now(),
      }),
      disabled_at: change.disabled === undefined ? undefined : disabledAt,
      ...(password && {
        password_hash: password.hash,
        password_digest: sha256(password.hash),
        password_must_change: password.oneTimeHours !== undefined,
        password_expires_at:
          password.oneTimeHours === undefined
            ? null
            : tx.raw('now() + make_interval(hours => ?)', [
                password.oneTimeHours,
              ]),
      }),
      ...(password?.givenBy && {
        password_given_by:
          password.givenBy === 'config' ? null : password.givenBy.admin,
      }),
      revision: tx.raw('revision + 1'),
      updated_at: tx.fn.now(),
    })
    .returning('*');
  return toUser(row);
}

/** Keeps the signature over the row as it is. */
export async function setGrant(
  tx: Knex.Transaction,
  id: string,
  grant: { at: Date; keyId: string; signature: Buffer },
): Promise<UserRecord> {
  const [row] = await tx('users')
    .where({ id })
    .update({
      grant_at: grant.at.toISOString(),
      grant_key_id: grant.keyId,
      grant_signature: grant.signature,
    })
    .returning('*');
  return toUser(row);
}

/** Not a change of the user: the revision stays. */
export async function touchSignIn(
  tx: Knex.Transaction,
  id: string,
): Promise<void> {
  await tx('users').where({ id }).update({ last_sign_in_at: tx.fn.now() });
}

/** Newest first; ids sort by creation, so the primary key is the order. */
export async function listUsers(
  tx: Tx,
  filter: {
    role?: Role;
    disabled?: boolean;
    q?: string;
    cursor?: Cursor;
    limit: number;
  },
): Promise<(UserRecord & { exactCreatedAt: string })[]> {
  const query = tx('users as u')
    .orderBy('u.id', 'desc')
    .limit(filter.limit)
    .select(
      ...userColumns('u'),
      tx.raw(exactTime('u.created_at', 'exact_created_at')),
    );
  if (filter.cursor) query.where('u.id', '<', filter.cursor.id);
  if (filter.role) query.where('u.role', filter.role);
  if (filter.disabled === true) query.whereNotNull('u.disabled_at');
  if (filter.disabled === false) query.whereNull('u.disabled_at');
  if (filter.q) {
    const text = likeText(filter.q);
    query.where(or =>
      or
        .whereILike('u.email', text)
        .orWhereILike('u.name', text)
        .orWhereILike('u.entity_ref', text),
    );
  }
  const rows = await query;
  return rows.map(row => ({
    ...toUser(row),
    exactCreatedAt: row.exact_created_at,
  }));
}
