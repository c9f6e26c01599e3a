import { toActions } from '../domain/actions';
import { mayDecide } from '../domain/approvals';
import { breakGlassRefusal, confirmGlassRefusal } from '../domain/breakGlass';
import { continueRefusal } from '../domain/continuation';
import { clockRefusal } from '../domain/gateChecks';
import { Hold } from '../domain/holds';
import { Refusal } from '../domain/refusal';
import { resolutionRefusal, resolverRefusal } from '../domain/resolution';
import { mayCancel } from '../domain/runStates';
import { Caller } from './context';
import { Gate, principal } from './Gate';
import { decisionFacts, gateFacts, RunFacts } from './RunFacts';

/** What the caller may do with a run now. */
export function runActions(
  caller: Caller,
  options: {
    facts: RunFacts;
    gate: Gate;
    hold: Hold | undefined;
    /** The next moment at which it could start by the clock. */
    opensAt: Date | undefined;
  },
) {
  const { facts, gate, hold, opensAt } = options;
  const { run, policy, now } = facts;
  const decide = (decision: 'approve' | 'deny') =>
    mayDecide({ ...decisionFacts(facts), ...principal(caller), decision });
  const execute = (at?: Date) =>
    gate.executeBlockers(facts, { caller, skipDisabledTargets: false, at })[0];
  const later = opensAt && opensAt > now ? opensAt : undefined;
  return toActions([
    { action: 'approve', refusal: decide('approve') },
    { action: 'deny', refusal: decide('deny') },
    { action: 'execute', refusal: execute() },
    { action: 'schedule', refusal: execute(later) },
    {
      action: 'breakGlass',
      refusal: breakGlassRefusal(
        caller,
        facts,
        clockRefusal(gateFacts(facts), now),
      ),
    },
    {
      action: 'confirmBreakGlass',
      refusal: confirmGlassRefusal(caller, facts),
    },
    {
      action: 'continue',
      refusal: continueRefusal({ ...principal(caller), run, hold, policy }),
    },
    { action: 'cancel', refusal: mayCancel({ ...principal(caller), run }) },
    { action: 'retry', refusal: gate.retryBlockers(facts, { caller })[0] },
    { action: 'resolve', refusal: resolveRefusal(caller, facts) },
  ]);
}

/** Whether the caller may resolve anything of a run. */
function resolveRefusal(
  caller: Caller,
  { run, policy, items }: RunFacts,
): Refusal | undefined {
  const { environment, type } = run;
  const { resolveRoles } = policy;
  const notAllowed = resolverRefusal(caller, { environment, resolveRoles });
  if (notAllowed) return notAllowed;
  const unclear = items.some(item => !resolutionRefusal(item, { type }));
  if (unclear) return undefined;
  return {
    code: 'NOTHING_TO_RESOLVE',
    message: 'It is known what happened on every target of this run.',
  };
}
