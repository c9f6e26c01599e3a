import {
  Role,
  emailSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { UserRecord } from '../domain/types';
import { appendAuditEvent } from '../store/audit';
import { findUserByEmail } from '../store/users';
import { mintEntityRef } from './entityRefs';
import { RoleGrants } from './RoleGrants';

/** Provider of accounts with a password of ours. */
export const LOCAL_PROVIDER = 'local';

/** Provider of accounts that Google vouches for. */
export const GOOGLE_PROVIDER = 'google';

/** As it is kept and compared; undefined for what is no e-mail address. */
export const readEmail = (text: string): string | undefined =>
  emailSchema.safeParse(text.trim()).data;

/** An account that the config asks for, with a password that was hashed before. */
export interface ConfiguredAccount {
  email: string;
  name: string;
  role: Role;
  passwordHash: string;
}

/** Makes the account unless its e-mail address has one; the one that stands. */
export async function createConfiguredAccount(
  tx: Knex.Transaction,
  grants: RoleGrants,
  account: ConfiguredAccount,
): Promise<UserRecord> {
  const created = await grants.insert(tx, {
    entityRef: mintEntityRef(),
    kind: 'person',
    provider: LOCAL_PROVIDER,
    ...account,
  });
  if (!created) {
    const standing = await findUserByEmail(tx, account.email);
    if (!standing) throw new Error('an account was neither made nor found');
    return standing;
  }
  await appendAuditEvent(tx, {
    action: 'user.created',
    entityType: 'user',
    entityId: created.id,
    payload: { role: account.role, by: 'config' },
    personal: { userId: created.id, data: { email: account.email } },
  });
  await appendAuditEvent(tx, {
    action: 'password.set',
    entityType: 'user',
    entityId: created.id,
    payload: { by: 'config' },
  });
  return created;
}

/** Gives the role that the config asks for; the user as it is then. */
export async function grantConfiguredRole(
  tx: Knex.Transaction,
  grants: RoleGrants,
  user: UserRecord,
  role: Role,
  requestId?: string,
): Promise<UserRecord> {
  const proved = grants.isProved(user);
  // Nor is it anybody's gift any more: see domain/secondAdmin.
  if (user.ownRole === role && proved && !user.roleGrantedBy) return user;
  const changed = await grants.update(tx, user.id, { role: { to: role } });
  await appendAuditEvent(tx, {
    action: 'user.role_changed',
    entityType: 'user',
    entityId: user.id,
    requestId,
    payload: {
      from: grants.counted(user).ownRole,
      to: role,
      by: 'config',
      ...(!proved && { unproved: true }),
    },
  });
  return changed;
}

/** Sets a password; `by` says who, if it was not the user, who is `actorId` then. */
export async function setPassword(
  tx: Knex.Transaction,
  grants: RoleGrants,
  change: {
    userId: string;
    passwordHash: string;
    /** Must be changed at its first use, within that time. */
    oneTimeHours?: number;
    actorId?: string;
    by?: 'config' | { admin: string };
    requestId?: string;
    otherSessionsRevoked?: number;
  },
): Promise<UserRecord> {
  const user = await grants.update(tx, change.userId, {
    password: {
      hash: change.passwordHash,
      oneTimeHours: change.oneTimeHours,
      givenBy: change.by,
    },
  });
  const { by } = change;
  const admin = typeof by === 'object' ? by.admin : undefined;
  await appendAuditEvent(tx, {
    actorId: admin ?? change.actorId,
    action: 'password.set',
    entityType: 'user',
    entityId: change.userId,
    requestId: change.requestId,
    payload: {
      by: admin ? 'admin' : by ?? 'self',
      oneTimeHours: change.oneTimeHours,
      otherSessionsRevoked: change.otherSessionsRevoked,
    },
  });
  return user;
}
