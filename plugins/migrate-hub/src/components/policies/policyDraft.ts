import {
  EnvironmentPolicy,
  Freeze,
  Role,
  Weekday,
  environmentPolicySchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { instantOf, localOf } from '../moment';

/** A window as it is typed. */
export interface WindowDraft {
  /** Stays with it while others come and go. */
  key: string;
  days: Weekday[];
  from: string;
  to: string;
  timeZone: string;
}

/** A freeze as it is typed; its times are of the reader's clock. */
export interface FreezeDraft {
  key: string;
  from: string;
  to: string;
  reason: string;
  /** As it was: a moment that was not touched keeps the seconds that its field does not show. */
  saved?: Freeze;
}

/** Rules that say who may do something. */
export const roleFields = [
  'requestRoles',
  'approveRoles',
  'executeRoles',
  'resolveRoles',
] as const;
export type RoleField = (typeof roleFields)[number];

/** Rules that are a number; those that may be absent mean no limit. */
export const numberFields = [
  'approvalsRequired',
  'approvalValidHours',
  'parallelism',
  'stopAfterFailures',
  'lockTimeoutSeconds',
  'statementTimeoutSeconds',
] as const;
export type NumberField = (typeof numberFields)[number];

/** A policy as it stands in the form. */
export type PolicyDraft = Record<RoleField, Role[]> &
  Record<NumberField, string> & {
    selfApproval: boolean;
    /** Empty: none. */
    requireSuccessIn: string;
    windows: WindowDraft[];
    freezes: FreezeDraft[];
    canary: boolean;
    canaryTargets: string;
    then: 'person' | 'soak';
    soakMinutes: string;
    waveSize: string;
  };

const text = (value: number | undefined) =>
  value === undefined ? '' : String(value);

const numberOf = (typed: string): number | undefined =>
  typed.trim() === '' ? undefined : Number(typed);

export const newWindow = (timeZone: string): WindowDraft => ({
  key: crypto.randomUUID(),
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  from: '09:00',
  to: '17:00',
  timeZone,
});

export const newFreeze = (): FreezeDraft => ({
  key: crypto.randomUUID(),
  from: '',
  to: '',
  reason: '',
});

export function draftOf(policy: EnvironmentPolicy): PolicyDraft {
  const { canary, windows = [], freezes = [] } = policy;
  return {
    requestRoles: policy.requestRoles,
    approveRoles: policy.approveRoles,
    executeRoles: policy.executeRoles,
    resolveRoles: policy.resolveRoles,
    approvalsRequired: text(policy.approvalsRequired),
    approvalValidHours: text(policy.approvalValidHours),
    parallelism: text(policy.parallelism),
    stopAfterFailures: text(policy.stopAfterFailures),
    lockTimeoutSeconds: text(policy.lockTimeoutSeconds),
    statementTimeoutSeconds: text(policy.statementTimeoutSeconds),
    selfApproval: policy.selfApproval,
    requireSuccessIn: policy.requireSuccessIn ?? '',
    windows: windows.map(window => ({ ...window, key: crypto.randomUUID() })),
    freezes: freezes.map(saved => ({
      key: crypto.randomUUID(),
      from: localOf(saved.from),
      to: localOf(saved.to),
      reason: saved.reason,
      saved,
    })),
    canary: canary !== undefined,
    canaryTargets: text(canary?.targets ?? 1),
    then: canary && canary.then !== 'person' ? 'soak' : 'person',
    soakMinutes: text(
      canary && canary.then !== 'person' ? canary.then.soakMinutes : 30,
    ),
    waveSize: text(canary?.waveSize),
  };
}

/** One thing about a draft that is no policy. */
export type PolicyIssue = NonNullable<
  ReturnType<typeof environmentPolicySchema.safeParse>['error']
>['issues'][number];

const momentOf = (typed: string, saved: string | undefined): string =>
  saved !== undefined && localOf(saved) === typed
    ? saved
    : instantOf(typed) ?? '';

/** The policy that a draft means, or what is wrong with it, by the contract. */
export function readDraft(draft: PolicyDraft) {
  const { windows, freezes } = draft;
  return environmentPolicySchema.safeParse({
    ...Object.fromEntries(roleFields.map(name => [name, draft[name]])),
    ...Object.fromEntries(
      numberFields.map(name => [name, numberOf(draft[name])]),
    ),
    selfApproval: draft.selfApproval,
    requireSuccessIn: draft.requireSuccessIn || undefined,
    windows:
      windows.length === 0
        ? undefined
        : windows.map(({ key: _, ...window }) => window),
    freezes:
      freezes.length === 0
        ? undefined
        : freezes.map(({ from, to, reason, saved }) => ({
            from: momentOf(from, saved?.from),
            to: momentOf(to, saved?.to),
            reason: reason.trim(),
          })),
    canary: draft.canary
      ? {
          targets: numberOf(draft.canaryTargets),
          then:
            draft.then === 'person'
              ? 'person'
              : { soakMinutes: numberOf(draft.soakMinutes) },
          waveSize: numberOf(draft.waveSize),
        }
      : undefined,
  });
}
