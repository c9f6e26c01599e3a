import { EnvironmentPolicy } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { personRefusal, rolesRefusal } from './caller';
import { Refusal } from './refusal';
import { atLeast, rolesText } from './roles';
import { ApprovalRecord, RevisionRecord, RunRecord, UserRecord } from './types';

const HOUR = 3_600_000;

/** What an approval is about. */
interface Subject {
  run: RunRecord;
  /** The current revision of the run. */
  revision: Pick<RevisionRecord, 'runId' | 'revision' | 'digest' | 'createdBy'>;
  /** Who wrote the bound version. */
  versionAuthorId: string;
  /**
   * Who made any of the revisions after the first. Without it only the person
   * behind the current revision is known to have changed something.
   */
  changerIds?: readonly string[];
  /** The stricter of the run's and today's, see `stricterPolicy`. */
  policy: EnvironmentPolicy;
}

/** Input of {@link judgeApprovals}. */
export interface JudgeApprovalsInput extends Subject {
  /** All of the run, of earlier revisions too. */
  approvals: readonly ApprovalRecord[];
  /** At least every approver. */
  users: ReadonlyMap<string, UserRecord>;
  now: Date;
  /** Whether signature and signed bytes are those of the record. */
  verify: (approval: ApprovalRecord) => boolean;
  /** Whether somebody else may have signed it: its key was compromised by then. */
  isCompromised: (approval: ApprovalRecord) => boolean;
}

/** Which approvals count now, and what they come to. */
export interface ApprovalJudgement {
  /** In the order they were given. */
  judged: { approval: ApprovalRecord; counts: boolean; reason?: string }[];
  granted: number;
  required: number;
  /** Somebody denied the current revision. */
  denied: boolean;
  /** There would be enough if none had expired. */
  expired: boolean;
  /** One that would count does not, as its key was compromised. */
  compromised: boolean;
}

/** Input of {@link mayDecide}. */
export interface MayDecideInput extends Subject {
  caller: UserRecord;
  viaPlugin?: string;
  allowedPlugins?: readonly string[];
  approvals: readonly ApprovalRecord[];
  decision: 'approve' | 'deny';
  /** The approvals that count now do not suffice. */
  lacksQuorum?: boolean;
}

/** Why this person's approval is not independent; words complete "the approver". */
function involvement(subject: Subject, person: UserRecord): string | undefined {
  const { run, revision, versionAuthorId, policy } = subject;
  if (!policy.selfApproval) {
    if (person.id === run.requestedBy) return 'requested this run';
    if (person.id === versionAuthorId) return 'wrote this version of the SQL';
  }
  const changers = new Set(subject.changerIds);
  if (revision.revision > 1 && revision.createdBy) {
    changers.add(revision.createdBy);
  }
  if (changers.has(person.id)) return 'changed what this approval covers';
  // Whoever asks could otherwise make the approver.
  if (person.roleGrantedBy === run.requestedBy) {
    return 'was given the role by the requester';
  }
  if (person.roleGrantedBy === versionAuthorId) {
    return 'was given the role by the author of the SQL';
  }
  // Whoever asks could otherwise be the approver.
  const passwordFrom = person.proof?.passwordGivenBy;
  if (passwordFrom === run.requestedBy) {
    return 'was given the password by the requester';
  }
  if (passwordFrom === versionAuthorId) {
    return 'was given the password by the author of the SQL';
  }
  return undefined;
}

function isCurrent(subject: Subject, approval: ApprovalRecord): boolean {
  const { run, revision } = subject;
  return (
    approval.runId === run.id &&
    revision.runId === run.id &&
    approval.revision === run.revision &&
    approval.revision === revision.revision
  );
}

/** Why an approval does not count, its age and duplicates aside. */
function flaw(
  input: JudgeApprovalsInput,
  approval: ApprovalRecord,
): string | undefined {
  const { revision, users, policy } = input;
  if (approval.decision === 'deny') return 'This is a denial.';
  if (!isCurrent(input, approval)) {
    return `It was given for revision ${approval.revision}; what it covered has changed since.`;
  }
  if (approval.digest !== revision.digest) {
    return 'It was given for other contents than the current ones.';
  }
  const approver = users.get(approval.approverId);
  if (!approver) return 'The approver is not known.';
  if (approver.kind === 'service') return 'A service cannot approve.';
  if (approver.disabled) return 'The approver has been disabled.';
  if (!(policy.approveRoles as string[]).includes(approver.role)) {
    return `The approver's role is now ${approver.role}; ${rolesText(
      policy.approveRoles,
    )} can approve here.`;
  }
  const involved = involvement(input, approver);
  if (involved) return `The approver ${involved}.`;
  if (!input.verify(approval)) return 'Its signature does not match.';
  return undefined;
}

function hasExpired(
  approval: ApprovalRecord,
  policy: EnvironmentPolicy,
  now: Date,
): boolean {
  if (policy.approvalValidHours === undefined) return false;
  const end = approval.createdAt.getTime() + policy.approvalValidHours * HOUR;
  return now.getTime() >= end;
}

/**
 * Decides which approvals of a run count towards its quorum now.
 *
 * @remarks
 * Judged afresh every time, at `execute` and at every claim: people are
 * disabled and demoted, approvals grow old, policies get stricter. A denial of
 * the current revision stands whatever becomes of the person.
 */
export function judgeApprovals(input: JudgeApprovalsInput): ApprovalJudgement {
  const { approvals, policy, now } = input;
  const judged: ApprovalJudgement['judged'] = [];
  const counted = new Set<string>();
  const soundOnes = new Set<string>();
  let compromised = false;
  const byTime = [...approvals].sort(
    (a, b) => a.createdAt.getTime() - b.createdAt.getTime(),
  );
  for (const approval of byTime) {
    const reason = flaw(input, approval);
    if (reason) {
      judged.push({ approval, counts: false, reason });
      continue;
    }
    if (input.isCompromised(approval)) {
      compromised = true;
      judged.push({
        approval,
        counts: false,
        reason:
          'The key that signed it was compromised by then, so it may be by somebody else.',
      });
      continue;
    }
    soundOnes.add(approval.approverId);
    if (hasExpired(approval, policy, now)) {
      judged.push({
        approval,
        counts: false,
        reason: `It has expired: approvals hold for ${policy.approvalValidHours} hours here.`,
      });
      continue;
    }
    if (counted.has(approval.approverId)) {
      judged.push({
        approval,
        counts: false,
        reason: 'The same person has already approved.',
      });
      continue;
    }
    counted.add(approval.approverId);
    judged.push({ approval, counts: true });
  }
  const required = policy.approvalsRequired;
  return {
    judged,
    granted: counted.size,
    required,
    denied: approvals.some(
      approval => approval.decision === 'deny' && isCurrent(input, approval),
    ),
    expired: counted.size < required && soundOnes.size >= required,
    compromised,
  };
}

/** Whether there are enough valid approvals and no denial. */
export function hasQuorum(judgement: ApprovalJudgement): boolean {
  return !judgement.denied && judgement.granted >= judgement.required;
}

function stateRefusal(input: MayDecideInput): Refusal | undefined {
  const { run, decision } = input;
  if (run.status === 'awaiting_approval') return undefined;
  if (run.status === 'approved') {
    if (decision === 'deny') return undefined;
    return {
      code: 'ALREADY_APPROVED',
      message: 'This run has all the approvals it needs.',
    };
  }
  const underWay = run.status === 'queued' || run.status === 'running';
  if (underWay && decision === 'approve' && input.lacksQuorum) {
    // It is held until somebody approves what runs.
    return undefined;
  }
  if (run.status === 'denied') {
    return {
      code: 'ALREADY_DECIDED',
      message:
        'This run was denied, and that is final. Request a new run to ask again.',
    };
  }
  const words = {
    queued: 'is already queued for execution; cancel it instead',
    running: 'is already running; cancel it instead',
    executed: 'has been executed',
    failed: 'has already run and failed',
    canceled: 'was canceled',
  };
  return {
    code: 'WRONG_STATE',
    message: `This run ${
      words[run.status]
    }, so there is nothing to ${decision}.`,
    details: { status: run.status },
  };
}

function selfRefusal(input: MayDecideInput): Refusal | undefined {
  const { caller, decision, run, versionAuthorId, policy } = input;
  const who = `other ${rolesText(policy.approveRoles)}`;
  if (decision === 'deny') {
    // A denial harms nobody: only the two that the contract names are kept out.
    if (policy.selfApproval) return undefined;
    if (caller.id !== run.requestedBy && caller.id !== versionAuthorId) {
      return undefined;
    }
    return {
      code: 'SELF_APPROVAL',
      message:
        'You requested this run or wrote its SQL, so somebody else has to decide about it. To stop it, cancel it.',
      who,
    };
  }
  const involved = involvement(input, caller);
  if (!involved) return undefined;
  const what = involved.replace('was given the', 'were given your');
  return {
    code: 'SELF_APPROVAL',
    message: `You ${what}, so somebody else has to approve it.`,
    who,
  };
}

/** Whether there can be a run that they may approve: policies name managers and admins only. */
export const canApprove = (person: UserRecord): boolean =>
  person.kind === 'person' && atLeast(person.role, 'manager');

/** Whether the caller may approve or deny the current revision of a run. */
export function mayDecide(input: MayDecideInput): Refusal | undefined {
  const { caller, viaPlugin, allowedPlugins, decision, run, policy } = input;
  const act = `${decision} runs in ${run.environment}`;
  const refusal =
    personRefusal({ user: caller, viaPlugin, allowedPlugins }, act) ??
    rolesRefusal(caller, policy.approveRoles, act) ??
    stateRefusal(input) ??
    selfRefusal(input);
  if (refusal) return refusal;

  const before = input.approvals.some(
    approval =>
      approval.approverId === caller.id &&
      approval.decision === decision &&
      isCurrent(input, approval),
  );
  if (!before) return undefined;
  return {
    code: 'ALREADY_DECIDED',
    message:
      decision === 'approve'
        ? 'You have already approved this revision; another person has to approve as well.'
        : 'You have already denied this revision.',
    who: `other ${rolesText(policy.approveRoles)}`,
  };
}
