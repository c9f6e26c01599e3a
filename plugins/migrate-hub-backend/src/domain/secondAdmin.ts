import { administerRefusal, Principal } from './actions';
import { Refusal } from './refusal';
import { UserRecord } from './types';

/**
 * Admins, and whoever gave one of them role or password, by id; only those
 * whose row is as the hub wrote it.
 */
export type AdminCircle = ReadonlyMap<string, UserRecord>;

/** Who gave this person the role or the password, and so could have made, or be, this person. */
const giversOf = ({ roleGrantedBy, groupRole, proof }: UserRecord): string[] =>
  [
    // By a group of Backstage's it is nobody's gift.
    groupRole === 'admin' ? undefined : roleGrantedBy,
    proof?.passwordGivenBy,
  ].filter(id => id !== undefined);

/** The person, and all who stand behind, directly or through others; undefined if one of them is not known. */
function handsBehind(id: string, circle: AdminCircle): Set<string> | undefined {
  const hands = new Set<string>();
  const next = [id];
  for (let one = next.pop(); one !== undefined; one = next.pop()) {
    if (hands.has(one)) continue;
    const person = circle.get(one);
    if (!person) return undefined;
    hands.add(one);
    next.push(...giversOf(person));
  }
  return hands;
}

/**
 * Whether the caller is the second of two admins that something takes: another
 * person, behind whom stands nobody who also stands behind the first.
 *
 * @remarks
 * An admin can make admins and give passwords: one who could have made the
 * other, or both, would be two alone.
 */
export function secondAdminRefusal(
  second: Principal,
  firstId: string | undefined,
  circle: AdminCircle,
): Refusal | undefined {
  const refusal = administerRefusal(second);
  if (refusal) return refusal;
  const refuse = (message: string): Refusal => ({
    code: 'SECOND_ADMIN',
    message,
    who: 'another admin',
  });
  const first = firstId === undefined ? undefined : circle.get(firstId);
  if (!first || first.disabled || first.role !== 'admin') {
    return refuse(
      'Whoever asked for this is no admin any more. Ask for it anew, and have another admin confirm.',
    );
  }
  if (second.user.id === first.id) {
    return refuse('You asked for this yourself: another admin has to confirm.');
  }
  const others = handsBehind(first.id, circle);
  const own = handsBehind(second.user.id, circle);
  if (!others || !own) {
    return refuse(
      'It is not proved who made one of you an admin. Have an admin give that role again, then another admin confirm.',
    );
  }
  const shared = [...own].find(id => others.has(id));
  if (shared === undefined) return undefined;
  const name = circle.get(shared)?.name;
  return refuse(
    `Role or password of one of you, or of both, came from ${name}, directly or through others, who could so be two alone. Another admin has to confirm; those of migrateHub.firstAdmins have their role from nobody.`,
  );
}
