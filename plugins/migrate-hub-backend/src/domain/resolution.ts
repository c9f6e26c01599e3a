import {
  Resolution,
  RunType,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  PlannedStatement,
  TargetRecord,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { personRefusal, Principal, rolesRefusal } from './caller';
import { unrepeatable } from './execution';
import { Refusal } from './refusal';
import { ResumeInstruction, RunItemRecord } from './types';

type Unclear = Pick<
  RunItemRecord,
  'status' | 'outcome' | 'error' | 'statementsDone'
>;

/**
 * What a person may say about an item, by its state alone.
 *
 * @remarks
 * Of a target that holds another version nothing is unclear; there a person
 * can accept this version as what is applied.
 */
export function allowedResolutions(item: Unclear, type: RunType): Resolution[] {
  if (item.status !== 'failed') return [];
  if (item.error?.code === 'CHECKSUM_MISMATCH') {
    return type === 'apply' ? ['mark_applied'] : [];
  }
  const { outcome } = item;
  if (outcome === 'applied' || outcome === 'not_applied') return [];
  // Without a statement to go on from there is a COMMIT in doubt: all or nothing.
  const midway =
    item.error?.statementIndex !== undefined || item.statementsDone > 0;
  const marks: Resolution[] = ['mark_applied', 'mark_not_applied'];
  return midway ? [...marks, 'resume'] : marks;
}

/** Whether the caller may resolve anything in an environment. */
export function resolverRefusal(
  principal: Principal,
  ask: { environment: string; resolveRoles: readonly ('manager' | 'admin')[] },
): Refusal | undefined {
  const act = `resolve unclear outcomes in ${ask.environment}`;
  return (
    personRefusal(principal, act) ??
    rolesRefusal(principal.user, ask.resolveRoles, act)
  );
}

/** Whether an item is one to resolve, in this way or, without one, in any. */
export function resolutionRefusal(
  item: Unclear,
  ask: { type: RunType; resolution?: Resolution },
): Refusal | undefined {
  const allowed = allowedResolutions(item, ask.type);
  if (allowed.length === 0) {
    return {
      code: 'NOTHING_TO_RESOLVE',
      message: `It is known what happened on this target (${item.status}${
        item.outcome ? `, ${item.outcome.replace('_', ' ')}` : ''
      }). There is nothing to resolve.`,
    };
  }
  const { resolution } = ask;
  if (!resolution || allowed.includes(resolution)) return undefined;
  return {
    code: 'RESOLUTION_REFUSED',
    message: `This item cannot be resolved by ${resolution.replaceAll(
      '_',
      ' ',
    )}; what can be said of it is: ${allowed.join(', ').replaceAll('_', ' ')}.`,
    details: { allowedResolutions: allowed },
  };
}

/** What is to be done where a resolution meets the record of the target. */
export type ResolutionStep =
  /** Write `finished` or `not_applied` to the ledger, with the history row that goes with it. */
  | { do: 'write'; state: 'finished' | 'not_applied' }
  /** The target says so already. */
  | { do: 'nothing' }
  | { do: 'resume'; instruction: ResumeInstruction };

interface ResolveOnRecordInput {
  resolution: Resolution;
  doubtful?: 'redo' | 'skip';
  record: TargetRecord;
  runItemId: string;
  planHash: string;
  /** The item failed because the target holds another version. */
  acceptsVersion: boolean;
  statements: readonly PlannedStatement[];
}

const refused = (message: string): Refusal => ({
  code: 'RESOLUTION_REFUSED',
  message,
});

/**
 * Holds what a person says against the record in the target, read under the
 * lock. Where the record is certain it wins: nobody can mark against it.
 */
export function resolveOnRecord(
  input: ResolveOnRecordInput,
): ResolutionStep | Refusal {
  const { resolution, record } = input;
  const { own, unfinished } = record;
  if (unfinished && unfinished.runItemId !== input.runItemId) {
    return refused(
      `Run item ${unfinished.runItemId} of run ${unfinished.runId} is unfinished on this target as well. Resolve that one first.`,
    );
  }
  if (own && own.planHash !== input.planHash && resolution === 'resume') {
    return refused(
      'The ledger on the target is of another plan than the approved one: there is no place to go on from.',
    );
  }
  if (own?.state === 'finished') {
    return resolution === 'mark_applied'
      ? { do: 'nothing' }
      : refused(
          'The ledger on the target says that this item was completed there. Mark it as applied.',
        );
  }
  const nothing = !own || own.state === 'not_applied';
  if (nothing && input.acceptsVersion)
    return { do: 'write', state: 'finished' };
  if (nothing) {
    return resolution === 'mark_not_applied'
      ? { do: 'nothing' }
      : refused(
          'The ledger on the target says that nothing of this item is there. Mark it as not applied, then retry.',
        );
  }
  if (resolution === 'mark_applied') return { do: 'write', state: 'finished' };
  if (resolution === 'mark_not_applied') {
    return { do: 'write', state: 'not_applied' };
  }
  return resumeFrom(input, {
    attempt: own.attempt,
    position: own.position,
    state: own.state === 'started' ? 'started' : 'running',
  });
}

function resumeFrom(
  { doubtful, statements }: ResolveOnRecordInput,
  ledger: ResumeInstruction['ledger'],
): ResolutionStep | Refusal {
  const { position, state } = ledger;
  const inDoubt = state === 'started';
  if (inDoubt && !doubtful) {
    return refused(
      `Statement ${
        position + 1
      } is in doubt. Say whether it is to be done again (redo) or is done (skip).`,
    );
  }
  if (!inDoubt && doubtful === 'skip') {
    return refused(
      `The ledger on the target says that ${position} statements are done and that statement ${
        position + 1
      } is not: there is nothing to skip. Go on with it (redo).`,
    );
  }
  const from = inDoubt && doubtful === 'skip' ? position + 1 : position;
  const stuck =
    from < statements.length ? unrepeatable(statements, from) : undefined;
  if (stuck !== undefined) {
    const { kind, line } = statements[stuck];
    return refused(
      `Statement ${
        stuck + 1
      } (${kind}, line ${line}) left something in its session that a new one does not have, so the rest would not do what was approved. Finish it by hand and mark it as applied, or undo it and mark it as not applied.`,
    );
  }
  return {
    do: 'resume',
    instruction: { ledger, ...(inDoubt && doubtful ? { doubtful } : {}) },
  };
}
