import { administerRefusal, Principal } from './actions';
import { Refusal } from './refusal';
import { isOpen } from './runStates';
import { AdminCircle, secondAdminRefusal } from './secondAdmin';
import { BreakGlass, RevisionRecord, RunRecord, UserRecord } from './types';

const HOUR = 3_600_000;
/** A wish that nobody has confirmed by then is gone. */
const ASKED_HOURS = 1;
/** So long a broken glass is good for. */
const BROKEN_HOURS = 24;

/** When it ends, confirmed or not. */
export function breakGlassEnds(glass: BreakGlass): Date {
  const { confirmed, requestedAt } = glass;
  return confirmed
    ? new Date(confirmed.at.getTime() + BROKEN_HOURS * HOUR)
    : new Date(requestedAt.getTime() + ASKED_HOURS * HOUR);
}

/** What the rules about it ask. */
interface Facts {
  run: RunRecord;
  revision: RevisionRecord;
  /** At least the two admins. */
  users: ReadonlyMap<string, UserRecord>;
  now: Date;
}

function isCurrent(glass: BreakGlass, { run, revision, now }: Facts): boolean {
  return (
    glass.revision === run.revision &&
    glass.digest === revision.digest &&
    now < breakGlassEnds(glass)
  );
}

const isAdmin = (user: UserRecord | undefined) =>
  user !== undefined && !user.disabled && user.role === 'admin';

/** Whether windows and freezes do not bind this run now: two people who still are admins said so. */
export function isGlassBroken(
  facts: Facts,
  verify: (glass: BreakGlass) => boolean,
): boolean {
  const glass = facts.run.breakGlass;
  if (!glass?.confirmed || !isCurrent(glass, facts)) return false;
  const { requestedBy, confirmed } = glass;
  return (
    requestedBy !== confirmed.by &&
    isAdmin(facts.users.get(requestedBy)) &&
    isAdmin(facts.users.get(confirmed.by)) &&
    verify(glass)
  );
}

/** Whether the caller may ask to break the glass, whatever else is in the way. */
export function breakGlassRefusal(
  caller: Principal,
  { run }: Pick<Facts, 'run'>,
  clock: Refusal | undefined,
): Refusal | undefined {
  const refusal = administerRefusal(caller);
  if (refusal) return { ...refusal, who: 'two admins together' };
  if (!isOpen(run.status) || run.status === 'awaiting_approval') {
    return {
      code: 'WRONG_STATE',
      message: `This run is ${run.status.replace(
        '_',
        ' ',
      )}; breaking the glass is for an approved one that the clock keeps from starting.`,
      details: { status: run.status },
    };
  }
  if (clock) return undefined;
  return {
    code: 'BREAK_GLASS_NOT_NEEDED',
    message:
      'No window and no freeze stands in the way of this run: execute it as any other.',
  };
}

/** Whether the caller may be the second admin. */
export function confirmGlassRefusal(
  caller: Principal,
  facts: Facts & { adminCircle: AdminCircle },
): Refusal | undefined {
  const refusal = administerRefusal(caller);
  if (refusal) return refusal;
  const glass = facts.run.breakGlass;
  if (!glass || glass.confirmed || !isCurrent(glass, facts)) {
    return {
      code: 'NO_PROPOSAL',
      message:
        'No admin has asked within the last hour to start this run against the clock.',
    };
  }
  return secondAdminRefusal(caller, glass.requestedBy, facts.adminCircle);
}
