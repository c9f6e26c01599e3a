import {
  Canary,
  EnvironmentPolicy,
  ExecutionWindow,
  Role,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { isDeepStrictEqual } from 'util';
import { rankOf, ROLES } from './roles';

/**
 * What a run is held to. A moment has to be in a window of each list: two lists
 * of different policies cannot be made one.
 */
export interface HeldPolicy extends Omit<EnvironmentPolicy, 'windows'> {
  windowLists: ExecutionWindow[][];
}

/** The rules without which there is no policy. */
export const DEFAULT_POLICY: EnvironmentPolicy = {
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

/** Each of the two, once. */
function joined<T>(one: readonly T[], other: readonly T[]): T[] {
  return [
    ...one,
    ...other.filter(item => !one.some(own => isDeepStrictEqual(own, item))),
  ];
}

const windowListsOf = (policy: EnvironmentPolicy | HeldPolicy) => {
  if ('windowLists' in policy) return policy.windowLists;
  return policy.windows ? [policy.windows] : [];
};

function stricterThen(
  one: Canary['then'],
  other: Canary['then'],
): Canary['then'] {
  if (one === 'person' || other === 'person') return 'person';
  return { soakMinutes: Math.max(one.soakMinutes, other.soakMinutes) };
}

function stricterCanary(one?: Canary, other?: Canary): Canary | undefined {
  if (!one || !other) return one ?? other;
  const waveSize = smallest(one.waveSize, other.waveSize);
  return {
    targets: Math.min(one.targets, other.targets),
    then: stricterThen(one.then, other.then),
    ...(waveSize === undefined ? {} : { waveSize }),
  };
}

/** Without the keys that have no value, as it comes back from JSON. */
function compact<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, one]) => one !== undefined),
  ) as T;
}

/**
 * The policy a run is held to: the stricter of the one it was requested under
 * and today's.
 *
 * @remarks
 * Timeouts come from the snapshot: approvals cover them. So do parallelism,
 * canary and waves, but a stricter rule of today is a part of what was
 * approved. `requireSuccessIn` is today's where today names one, else the
 * snapshot's.
 */
export function stricterPolicy(
  snapshot: EnvironmentPolicy | HeldPolicy,
  today: EnvironmentPolicy | HeldPolicy,
): HeldPolicy {
  const freezes = joined(snapshot.freezes ?? [], today.freezes ?? []);
  return compact({
    requestRoles: stricterRoles(snapshot.requestRoles, today.requestRoles),
    approveRoles: stricterRoles(snapshot.approveRoles, today.approveRoles),
    executeRoles: stricterRoles(snapshot.executeRoles, today.executeRoles),
    resolveRoles: stricterRoles(snapshot.resolveRoles, today.resolveRoles),
    approvalsRequired: Math.max(
      snapshot.approvalsRequired,
      today.approvalsRequired,
    ),
    selfApproval: snapshot.selfApproval && today.selfApproval,
    approvalValidHours: smallest(
      snapshot.approvalValidHours,
      today.approvalValidHours,
    ),
    requireSuccessIn: today.requireSuccessIn ?? snapshot.requireSuccessIn,
    windowLists: joined(windowListsOf(snapshot), windowListsOf(today)),
    freezes: freezes.length > 0 ? freezes : undefined,
    lockTimeoutSeconds: snapshot.lockTimeoutSeconds,
    statementTimeoutSeconds: snapshot.statementTimeoutSeconds,
    parallelism: Math.min(snapshot.parallelism, today.parallelism),
    stopAfterFailures: smallest(
      snapshot.stopAfterFailures,
      today.stopAfterFailures,
    ),
    canary: stricterCanary(snapshot.canary, today.canary),
  });
}
