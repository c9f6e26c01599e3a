import { ApprovalJudgement } from './approvals';
import { HeldPolicy } from './policy';
import { promotionRefusal, PromotionSource } from './promotion';
import { counted, Refusal } from './refusal';
import { rolesText } from './roles';
import { momentText, timeRefusal } from './windows';
import {
  DbTargetRecord,
  MigrationRecord,
  RevisionRecord,
  RunRecord,
  UserRecord,
} from './types';

/** What the gate has to know, whoever comes through. */
export interface GateFacts {
  run: RunRecord;
  /** The current revision of the run. */
  revision: RevisionRecord;
  /** `stricterPolicy(revision.policy, today's)`. */
  policy: HeldPolicy;
  /** `judgeApprovals` under that policy, just now. */
  approvals: ApprovalJudgement;
  migration: Pick<MigrationRecord, 'version' | 'archived' | 'projectArchived'>;
  /** Every target of the run; at a claim those of the items to be claimed; at a retry those of the items to be retried. */
  targets: readonly Pick<
    DbTargetRecord,
    'id' | 'name' | 'disabled' | 'parentDisabled'
  >[];
  /** `digestOf(buildBinding(…))` from the bound version, the stored plan and today's targets. */
  currentDigest: string;
  /** Needed where the policy has `requireSuccessIn` and the run applies; absent counts as "never there". */
  promotionSource?: PromotionSource;
  requester: UserRecord;
  /** Two admins let it start whatever windows and freezes say. */
  glassBroken: boolean;
  /** The database's clock. */
  now: Date;
}

/** Drops what does not refuse. */
export function present(refusals: (Refusal | undefined)[]): Refusal[] {
  return refusals.filter(refusal => refusal !== undefined);
}

function quorumRefusal(facts: GateFacts): Refusal | undefined {
  const { approvals, policy } = facts;
  const { granted, required, denied, expired } = approvals;
  const who = `${rolesText(policy.approveRoles)}${
    policy.selfApproval ? '' : ', not the requester or the author'
  }`;
  const refuse = (message: string): Refusal => ({
    code: 'NOT_APPROVED',
    message,
    who,
    details: { granted, required },
  });
  if (denied) return refuse('This run was denied. Request a new run.');
  if (granted >= required) return undefined;
  if (expired) {
    return refuse(
      `The approval has expired: approvals hold for ${policy.approvalValidHours} hours in ${facts.run.environment}. It has to be approved again.`,
    );
  }
  return refuse(
    `This run has ${granted} of the ${counted(required, 'approval')} it needs.`,
  );
}

function digestRefusal({
  revision,
  currentDigest,
}: GateFacts): Refusal | undefined {
  if (currentDigest === revision.digest) return undefined;
  return {
    code: 'STALE_DIGEST',
    message:
      'What was approved is not what would run now: a target or setting that the approval covers has changed. It has to be approved again, or requested anew.',
    details: { approved: revision.digest, current: currentDigest },
  };
}

function archivedRefusal({ migration }: GateFacts): Refusal | undefined {
  if (!migration.archived && !migration.projectArchived) return undefined;
  const what = migration.archived ? 'migration' : 'project';
  return {
    code: 'ARCHIVED',
    message: `The ${what} is archived. Take it out of the archive to execute this run.`,
  };
}

function promotionBlocker(facts: GateFacts): Refusal | undefined {
  const { run, revision, policy } = facts;
  return promotionRefusal({
    type: run.type,
    environment: run.environment,
    requireSuccessIn: policy.requireSuccessIn,
    // Of an apply run the checksum of what runs is checksum_up.
    required: { checksumUp: revision.checksum },
    source: facts.promotionSource ?? { state: undefined, appliedByUs: 0 },
  });
}

function disabledTargets(facts: GateFacts): GateFacts['targets'] {
  return facts.targets.filter(
    target => target.disabled || target.parentDisabled,
  );
}

/** Up to five names, then how many more. */
function namesText(names: string[]): string {
  const shown = names.slice(0, 5);
  if (names.length > shown.length) {
    shown.push(`${names.length - shown.length} more`);
  }
  return shown.join(', ');
}

/** Disabled targets, before any item is queued: the caller may confirm to leave them out. */
export function leaveOutRefusal(
  facts: GateFacts,
  options: { skipDisabledTargets?: boolean },
): Refusal | undefined {
  const disabled = disabledTargets(facts);
  if (disabled.length === 0) return undefined;
  const who = 'admins can enable them again';
  const details = { targetIds: disabled.map(({ id }) => id) };
  if (disabled.length === facts.targets.length) {
    return {
      code: 'NO_TARGETS',
      message: 'Every target of this run is disabled.',
      who,
      details,
    };
  }
  if (options.skipDisabledTargets) return undefined;
  return {
    code: 'DISABLED',
    message: `${counted(
      disabled.length,
      'target',
    )} of this run disabled since it was requested: ${namesText(
      disabled.map(({ name }) => name),
    )}. Confirm to go on without (skipDisabledTargets), or have them enabled.`,
    who,
    details,
  };
}

/** Disabled targets of queued items: those items are to be canceled. */
export function disabledTargetsRefusal(facts: GateFacts): Refusal | undefined {
  const disabled = disabledTargets(facts);
  if (disabled.length === 0) return undefined;
  return {
    code: 'DISABLED',
    message: `Disabled since the run was queued: ${namesText(
      disabled.map(({ name }) => name),
    )}.`,
    who: 'admins can enable them again',
    details: { targetIds: disabled.map(({ id }) => id) },
  };
}

const HOUR = 3_600_000;

/** Approvals that hold now and would not at the time it is scheduled for. */
export function expiryRefusal(
  { approvals, policy, run }: GateFacts,
  startAt: Date,
): Refusal | undefined {
  const { judged, granted, required } = approvals;
  const hours = policy.approvalValidHours;
  if (hours === undefined || granted < required) return undefined;
  const then = judged.filter(
    ({ approval, counts }) =>
      counts && approval.createdAt.getTime() + hours * HOUR > startAt.getTime(),
  );
  if (then.length >= required) return undefined;
  return {
    code: 'NOT_APPROVED',
    message: `By ${momentText(
      startAt,
    )} the approval will have expired: approvals hold for ${hours} hours in ${
      run.environment
    }. Choose an earlier time, or have it approved later.`,
    who: rolesText(policy.approveRoles),
  };
}

/** Windows and freezes. */
export function clockRefusal(
  { run, policy, glassBroken }: GateFacts,
  at: Date,
): Refusal | undefined {
  return glassBroken ? undefined : timeRefusal(run.environment, policy, at);
}

/** The time that was approved, if a start would come before it. */
export function notBeforeRefusal(
  { revision }: Pick<GateFacts, 'revision'>,
  at: Date,
): Refusal | undefined {
  const notBefore = revision.binding.schedule?.notBefore;
  if (notBefore === undefined || at >= new Date(notBefore)) return undefined;
  return {
    code: 'TOO_EARLY',
    message: `This run was approved for ${momentText(
      notBefore,
    )} or later; it cannot start before.`,
    details: { opensAt: notBefore },
  };
}

/** The time it was scheduled for, while that has not come. */
export function scheduleRefusal({ run, now }: GateFacts): Refusal | undefined {
  const { scheduledFor } = run;
  if (!scheduledFor || now >= scheduledFor) return undefined;
  return {
    code: 'TOO_EARLY',
    message: `This run is scheduled for ${momentText(scheduledFor)}.`,
    who: 'whoever may cancel it, to stop it before',
    details: { opensAt: scheduledFor.toISOString() },
  };
}

/** What stands in the way whoever asks: the part that all ways in share. */
export function commonRefusals(facts: GateFacts): Refusal[] {
  return present([
    quorumRefusal(facts),
    digestRefusal(facts),
    archivedRefusal(facts),
    promotionBlocker(facts),
  ]);
}
