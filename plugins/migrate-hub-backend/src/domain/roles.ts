import { Role } from '@migrate-hub/backstage-plugin-migrate-hub-common';

/** Weakest first. */
export const ROLES: readonly Role[] = ['user', 'manager', 'admin'];

/** 0 for the weakest role. */
export function rankOf(role: Role): number {
  return ROLES.indexOf(role);
}

/** Whether `role` can do all that `needed` can. */
export function atLeast(role: Role, needed: Role): boolean {
  return rankOf(role) >= rankOf(needed);
}

/** The stronger of two roles. */
export function strongest(role: Role, other: Role | undefined): Role {
  return other && atLeast(other, role) ? other : role;
}

/** Roles as people say them: `managers or admins`, `everyone`. */
export function rolesText(roles: readonly Role[]): string {
  const named = ROLES.filter(role => roles.includes(role));
  if (named.length === ROLES.length) return 'everyone';
  if (named.length === 0) return 'nobody';
  return named.map(role => `${role}s`).join(' or ');
}
