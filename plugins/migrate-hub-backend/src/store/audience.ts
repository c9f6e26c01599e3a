import { Role } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { UserRecord } from '../domain/types';
import { Tx } from './Database';
import { toUser, userColumns } from './users';

/** A company has a few who approve; with more of them not all need a note. */
const MOST = 200;

/** People with one of these roles, by grant or by group, who are not disabled. */
export async function listActiveByRole(
  tx: Tx,
  roles: readonly Role[],
): Promise<UserRecord[]> {
  const rows = await tx('users as u')
    .where({ 'u.kind': 'person' })
    .whereNull('u.disabled_at')
    .where(either =>
      either
        .whereIn('u.role', [...roles])
        .orWhereIn('u.group_role', [...roles]),
    )
    .orderBy('u.id')
    .limit(MOST)
    .select(userColumns('u'));
  return rows.map(toUser);
}
