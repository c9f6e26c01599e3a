import { administerRefusal, Principal } from './actions';
import { Refusal } from './refusal';
import { UserRecord } from './types';

/**
 * Whether the caller is the second of two admins that something takes: another
 * person, who was not made an admin by the first, who still is one.
 */
export function secondAdminRefusal(
  second: Principal,
  first: UserRecord | undefined,
): Refusal | undefined {
  const refusal = administerRefusal(second);
  if (refusal) return refusal;
  const refuse = (message: string): Refusal => ({
    code: 'SECOND_ADMIN',
    message,
    who: 'another admin',
  });
  if (!first || first.disabled || first.role !== 'admin') {
    return refuse(
      'Whoever asked for this is no admin any more. Ask for it anew, and have another admin confirm.',
    );
  }
  if (second.user.id === first.id) {
    return refuse('You asked for this yourself: another admin has to confirm.');
  }
  if (second.user.roleGrantedBy === first.id) {
    return refuse(
      'You were given your role by whoever asked for this: another admin has to confirm.',
    );
  }
  return undefined;
}
