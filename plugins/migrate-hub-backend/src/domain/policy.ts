import {
  EnvironmentPolicy,
  Role,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { counted } from './refusal';
import { rankOf, ROLES, rolesText } from './roles';

const DEFAULT_POLICY: EnvironmentPolicy = {
  requestRoles: ['user', 'manager', 'admin'],
  approveRoles: ['manager', 'admin'],
  executeRoles: ['user', 'manager', 'admin'],
  resolveRoles: ['manager', 'admin'],
  approvalsRequired: 1,
  selfApproval: false,
  lockTimeoutSeconds: 60,
  statementTimeoutSeconds: 3600,
  parallelism: 8,
};

/** The environments of a hub that configures none, in order. */
export const DEFAULT_ENVIRONMENTS: {
  name: string;
  policy: EnvironmentPolicy;
}[] = [
  { name: 'daily', policy: DEFAULT_POLICY },
  { name: 'stg', policy: DEFAULT_POLICY },
  {
    name: 'prd',
    policy: {
      ...DEFAULT_POLICY,
      executeRoles: ['manager', 'admin'],
      requireSuccessIn: 'stg',
    },
  },
];

function weakestRank(roles: readonly Role[]): number {
  return Math.min(...roles.map(rankOf));
}

/**
 * Roles that both lists name. Lists without a common role would lock everybody
 * out of runs that are under way: then the list with the stronger weakest role
 * holds (the two differ there, else they would share that role).
 */
function stricterRoles<R extends Role>(one: R[], other: R[]): R[] {
  const inOrder = (roles: R[]) =>
    ROLES.filter((role): role is R => (roles as Role[]).includes(role));
  const common = inOrder(one.filter(role => other.includes(role)));
  if (common.length > 0) return common;
  return inOrder(weakestRank(one) > weakestRank(other) ? one : other);
}

function smallest(one?: number, other?: number): number | undefined {
  if (one === undefined) return other;
  if (other === undefined) return one;
  return Math.min(one, other);
}

/**
 * The policy a run is held to: the stricter of the one it was requested under
 * and today's.
 *
 * @remarks
 * Timeouts and parallelism come from the snapshot: approvals cover them.
 * `requireSuccessIn` is today's where today names one, else the snapshot's.
 */
export function stricterPolicy(
  snapshot: EnvironmentPolicy,
  today: EnvironmentPolicy,
): EnvironmentPolicy {
  const approvalValidHours = smallest(
    snapshot.approvalValidHours,
    today.approvalValidHours,
  );
  const requireSuccessIn = today.requireSuccessIn ?? snapshot.requireSuccessIn;
  return {
    requestRoles: stricterRoles(snapshot.requestRoles, today.requestRoles),
    approveRoles: stricterRoles(snapshot.approveRoles, today.approveRoles),
    executeRoles: stricterRoles(snapshot.executeRoles, today.executeRoles),
    resolveRoles: stricterRoles(snapshot.resolveRoles, today.resolveRoles),
    approvalsRequired: Math.max(
      snapshot.approvalsRequired,
      today.approvalsRequired,
    ),
    selfApproval: snapshot.selfApproval && today.selfApproval,
    ...(approvalValidHours === undefined ? {} : { approvalValidHours }),
    ...(requireSuccessIn === undefined ? {} : { requireSuccessIn }),
    lockTimeoutSeconds: snapshot.lockTimeoutSeconds,
    statementTimeoutSeconds: snapshot.statementTimeoutSeconds,
    parallelism: snapshot.parallelism,
  };
}

function durationText(seconds: number): string {
  if (seconds % 3600 === 0) return counted(seconds / 3600, 'hour');
  if (seconds % 60 === 0) return counted(seconds / 60, 'minute');
  return counted(seconds, 'second');
}

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
  const sentences = [
    approvals.join(', '),
    `Requested by ${rolesText(policy.requestRoles)}, executed by ${rolesText(
      policy.executeRoles,
    )}, unclear outcomes resolved by ${rolesText(policy.resolveRoles)}`,
  ];
  if (policy.approvalValidHours !== undefined) {
    sentences.push(
      `An approval holds for ${counted(policy.approvalValidHours, 'hour')}`,
    );
  }
  sentences.push(
    `Up to ${counted(
      policy.parallelism,
      'target',
    )} at a time, waiting at most ${durationText(
      policy.lockTimeoutSeconds,
    )} for a lock and ${durationText(
      policy.statementTimeoutSeconds,
    )} for a statement`,
  );
  return `${sentences.join('. ')}.`;
}
