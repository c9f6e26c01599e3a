import {
  Canary,
  EnvironmentPolicy,
  PolicyField,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { counted } from './refusal';
import { rolesText } from './roles';
import { freezeText, windowsText } from './windows';

function durationText(seconds: number): string {
  if (seconds % 3600 === 0) return counted(seconds / 3600, 'hour');
  if (seconds % 60 === 0) return counted(seconds / 60, 'minute');
  return counted(seconds, 'second');
}

/** What has to come between two waves. */
export const gateText = ({ then }: Canary): string =>
  then === 'person'
    ? 'a person lets it go on'
    : `${durationText(then.soakMinutes * 60)} without a failure`;

function canaryText(canary: Canary): string {
  const rest = canary.waveSize
    ? `the others in waves of ${canary.waveSize}, each after the same`
    : 'all the others';
  return `First on ${counted(canary.targets, 'target')}, then, after ${gateText(
    canary,
  )}, on ${rest}`;
}

/** Each rule as one sentence, without its full stop. */
const sentences: Record<PolicyField, (policy: EnvironmentPolicy) => string> = {
  requestRoles: policy => `Requested by ${rolesText(policy.requestRoles)}`,
  approveRoles: policy => `Approved by ${rolesText(policy.approveRoles)}`,
  executeRoles: policy => `Executed by ${rolesText(policy.executeRoles)}`,
  resolveRoles: policy =>
    `Unclear outcomes resolved by ${rolesText(policy.resolveRoles)}`,
  approvalsRequired: policy =>
    `${counted(policy.approvalsRequired, 'approval')} needed`,
  selfApproval: policy =>
    policy.selfApproval
      ? 'The requester and the author may approve'
      : 'Never approved by the requester or the author',
  approvalValidHours: policy =>
    policy.approvalValidHours === undefined
      ? 'An approval holds without limit'
      : `An approval holds for ${counted(policy.approvalValidHours, 'hour')}`,
  requireSuccessIn: policy =>
    policy.requireSuccessIn
      ? `After success in ${policy.requireSuccessIn}`
      : 'Success elsewhere is not needed',
  windows: policy =>
    policy.windows
      ? `Runs start only ${windowsText(policy.windows)}`
      : 'Runs start at any time',
  freezes: policy =>
    policy.freezes?.length
      ? policy.freezes
          .map(freeze => `Frozen ${freezeText(freeze)}: ${freeze.reason}`)
          .join('. ')
      : 'No freeze',
  lockTimeoutSeconds: policy =>
    `Waiting at most ${durationText(policy.lockTimeoutSeconds)} for a lock`,
  statementTimeoutSeconds: policy =>
    `Waiting at most ${durationText(
      policy.statementTimeoutSeconds,
    )} for a statement`,
  parallelism: policy =>
    `Up to ${counted(policy.parallelism, 'target')} at a time`,
  stopAfterFailures: policy =>
    policy.stopAfterFailures === undefined
      ? 'Failures stop no other target'
      : `After ${counted(
          policy.stopAfterFailures,
          'failed target',
        )} the rest is canceled`,
  canary: policy =>
    policy.canary ? canaryText(policy.canary) : 'On all targets without a stop',
};

/** One rule of a policy as a sentence. */
export const ruleText = (
  policy: EnvironmentPolicy,
  field: PolicyField,
): string => `${sentences[field](policy).replace(/\.$/, '')}.`;

/** A policy in sentences, for people who decide about it or under it. */
export function policyText(
  environment: string,
  policy: EnvironmentPolicy,
): string {
  const approvals = [
    `In ${environment}: ${counted(
      policy.approvalsRequired,
      'approval',
    )} by ${rolesText(policy.approveRoles)}`,
    policy.selfApproval
      ? 'also by the requester or the author'
      : 'never by the requester or the author',
  ];
  if (policy.requireSuccessIn) {
    approvals.push(`after success in ${policy.requireSuccessIn}`);
  }
  const parts = [
    `${approvals.join(', ')}.`,
    `Requested by ${rolesText(policy.requestRoles)}, executed by ${rolesText(
      policy.executeRoles,
    )}, unclear outcomes resolved by ${rolesText(policy.resolveRoles)}.`,
  ];
  if (policy.approvalValidHours !== undefined) {
    parts.push(ruleText(policy, 'approvalValidHours'));
  }
  if (policy.windows) parts.push(ruleText(policy, 'windows'));
  if (policy.freezes?.length) parts.push(ruleText(policy, 'freezes'));
  if (policy.canary) parts.push(ruleText(policy, 'canary'));
  if (policy.stopAfterFailures !== undefined) {
    parts.push(ruleText(policy, 'stopAfterFailures'));
  }
  parts.push(
    `Up to ${counted(
      policy.parallelism,
      'target',
    )} at a time, waiting at most ${durationText(
      policy.lockTimeoutSeconds,
    )} for a lock and ${durationText(
      policy.statementTimeoutSeconds,
    )} for a statement.`,
  );
  return parts.join(' ');
}
