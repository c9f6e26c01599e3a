import { Role } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Refusal } from './refusal';
import { atLeast, rankOf, ROLES, rolesText } from './roles';
import { UserRecord } from './types';

/** Who asks, as the rules see it. */
export interface Principal {
  user: UserRecord;
  /** Plugin that acts on behalf of the user, if one does. */
  viaPlugin?: string;
  /** Plugins that the config lets act on behalf of users in everything. */
  allowedPlugins?: readonly string[];
}

/** A disabled user may do nothing. */
export function disabledRefusal(user: UserRecord): Refusal | undefined {
  if (!user.disabled) return undefined;
  return {
    code: 'USER_DISABLED',
    message: 'Your account is disabled. An admin can enable it again.',
    who: 'admins',
  };
}

/**
 * Refuses another plugin acting on behalf of a user where a person has to
 * decide, unless the config lists the plugin.
 */
export function onBehalfRefusal(
  viaPlugin: string | undefined,
  allowedPlugins: readonly string[],
): Refusal | undefined {
  if (viaPlugin === undefined) return undefined;
  if (allowedPlugins.includes(viaPlugin)) return undefined;
  return {
    code: 'ON_BEHALF_NOT_ALLOWED',
    message: `The plugin '${viaPlugin}' may not do this on behalf of a user. Do it in migrate-hub itself, or have the plugin listed in the configuration.`,
    details: { plugin: viaPlugin },
  };
}

/** Refuses services, whatever role they have. `act` completes "may not". */
function serviceRefusal(user: UserRecord, act: string): Refusal | undefined {
  if (user.kind !== 'service') return undefined;
  return {
    code: 'SERVICE_NOT_ALLOWED',
    message: `A service may not ${act}; a person has to do it.`,
  };
}

/** Refuses everybody without one of the roles. `act` completes "may". */
export function rolesRefusal(
  user: UserRecord,
  roles: readonly Role[],
  act: string,
): Refusal | undefined {
  if (roles.includes(user.role)) return undefined;
  const who = rolesText(roles);
  return {
    code: 'ROLE_REQUIRED',
    message: `Only ${who} may ${act}; your role is ${user.role}.`,
    who,
    details: { roles, role: user.role },
  };
}

/** Refuses everybody below a role. */
export function roleRefusal(
  user: UserRecord,
  needed: Role,
  act: string,
): Refusal | undefined {
  if (atLeast(user.role, needed)) return undefined;
  return rolesRefusal(user, ROLES.slice(rankOf(needed)), act);
}

/** Refuses to show what may hold rows of a database. */
export function sensitiveLogRefusal(user: UserRecord): Refusal | undefined {
  const act = 'read what may hold rows of a database';
  return serviceRefusal(user, act) ?? roleRefusal(user, 'manager', act);
}

/**
 * The part of a decision that only an enabled person may take, in person:
 * approve, execute, cancel, retry, resolve, administer.
 */
export function personRefusal(
  principal: Principal,
  act: string,
): Refusal | undefined {
  return (
    disabledRefusal(principal.user) ??
    serviceRefusal(principal.user, act) ??
    onBehalfRefusal(principal.viaPlugin, principal.allowedPlugins ?? [])
  );
}
