import { Role } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { personRefusal, roleRefusal } from './caller';
import { Refusal } from './refusal';
import { UserRecord } from './types';

/** Whether the caller may change a user's role or lock the user out. */
export function userChangeRefusal(input: {
  caller: UserRecord;
  viaPlugin?: string;
  allowedPlugins?: readonly string[];
  target: UserRecord;
  change: { role?: Role; disabled?: boolean };
  /** Persons with the role admin who are not disabled, the target included. */
  activeAdmins: number;
}): Refusal | undefined {
  const { caller, viaPlugin, allowedPlugins, target, change } = input;
  const refusal =
    personRefusal(
      { user: caller, viaPlugin, allowedPlugins },
      'administer users',
    ) ?? roleRefusal(caller, 'admin', 'administer users');
  if (refusal) return refusal;

  const role = change.role ?? target.ownRole;
  const disabled = change.disabled ?? target.disabled;
  if (target.kind === 'service' && role !== target.ownRole && role !== 'user') {
    return {
      code: 'SERVICE_NOT_ALLOWED',
      message: `A service cannot be made ${role}: it may create and request, but never approve, execute or administer.`,
    };
  }
  const isActiveAdmin =
    target.kind === 'person' && target.ownRole === 'admin' && !target.disabled;
  const remains = role === 'admin' && !disabled;
  if (isActiveAdmin && !remains && input.activeAdmins <= 1) {
    return {
      code: 'LAST_ADMIN',
      message: `${target.name} is the last active admin. Make somebody else an admin first.`,
    };
  }
  return undefined;
}
