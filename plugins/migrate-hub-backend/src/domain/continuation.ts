import { personRefusal, roleRefusal, rolesRefusal } from './caller';
import { Hold } from './holds';
import { HeldPolicy } from './policy';
import { Refusal } from './refusal';
import { RunRecord, UserRecord } from './types';

/** Whether the caller may let a run go on: the next wave, or the whole of it in his own name. */
export function continueRefusal(input: {
  caller: UserRecord;
  viaPlugin?: string;
  allowedPlugins?: readonly string[];
  run: RunRecord;
  hold: Hold | undefined;
  policy: HeldPolicy;
}): Refusal | undefined {
  const { caller, viaPlugin, allowedPlugins, run, hold, policy } = input;
  const act = `let runs in ${run.environment} go on`;
  const refusal =
    personRefusal({ user: caller, viaPlugin, allowedPlugins }, act) ??
    rolesRefusal(caller, policy.executeRoles, act);
  if (refusal) return refusal;
  if (run.status !== 'queued' && run.status !== 'running') {
    return {
      code: 'WRONG_STATE',
      message: `This run is ${run.status.replace(
        '_',
        ' ',
      )}; only one that is under way can go on.`,
      details: { status: run.status },
    };
  }
  if (hold?.kind === 'adoption') {
    return roleRefusal(caller, 'manager', 'take over a run');
  }
  if (hold?.kind === 'person') return undefined;
  return {
    code: 'NOT_WAITING',
    message: hold
      ? `This run does not wait for a person. ${hold.message}`
      : 'This run does not wait for anybody: it is at work.',
    ...(hold?.until ? { details: { opensAt: hold.until.toISOString() } } : {}),
  };
}
