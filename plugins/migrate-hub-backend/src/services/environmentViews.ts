import {
  Environment,
  EnvironmentPolicy,
  EnvironmentSettings,
  environmentPolicySchema,
  PolicyField,
  policyFieldSchema,
  PolicyRule,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { administerRefusal, Principal, toActions } from '../domain/actions';
import { DEFAULT_POLICY } from '../domain/policy';
import { policyChanges } from '../domain/policyComparison';
import { policyText, ruleText } from '../domain/policyText';
import { Refusal } from '../domain/refusal';
import { AdminCircle, secondAdminRefusal } from '../domain/secondAdmin';
import { nextOpening } from '../domain/windows';
import { ActorLookup } from './actors';
import {
  ConfiguredEnvironment,
  EnvironmentWithPolicy,
  inForce,
  ProvedEnvironmentPolicy,
} from './EnvironmentPolicies';

const NOTHING_PROPOSED: Refusal = {
  code: 'NO_PROPOSAL',
  message: 'Nothing is proposed.',
};

const rulesOf = (
  policy: EnvironmentPolicy,
  fields: readonly PolicyField[],
): PolicyRule[] =>
  fields.map(field => ({ field, text: ruleText(policy, field) }));

/** An environment as everybody sees it. */
export function environmentView({
  name,
  policy,
  protected: isProtected,
  now,
}: EnvironmentWithPolicy & { now: Date }): Environment {
  const { windows, freezes } = policy;
  const opens = nextOpening(
    { windowLists: windows ? [windows] : [], freezes },
    now,
  );
  const later = opens && opens > now ? opens.toISOString() : undefined;
  return {
    name,
    protected: isProtected,
    policy,
    policyText: policyText(name, policy),
    rules: rulesOf(policy, policyFieldSchema.options),
    opensAt: later,
  };
}

/** A policy that waits, with the defaults of rules that are newer than it. */
export const proposedPolicy = (proposal: {
  policy: unknown;
}): EnvironmentPolicy =>
  environmentPolicySchema.parse({
    ...DEFAULT_POLICY,
    ...Object(proposal.policy),
  });

function proposalView(
  name: string,
  stored: ProvedEnvironmentPolicy,
  options: { before: EnvironmentPolicy; actor: ActorLookup },
): EnvironmentSettings['proposal'] {
  const { proposal, proposedBy, proposedAt, now } = stored;
  if (!proposal || !proposedBy || !proposedAt) return undefined;
  const policy = proposedPolicy(proposal);
  return {
    policy,
    policyText: policyText(name, policy),
    changes: policyChanges(options.before, policy, now),
    reason: proposal.reason,
    proposedBy: options.actor(proposedBy),
    proposedAt: proposedAt.toISOString(),
  };
}

/** An environment as admins see it. */
export function environmentSettingsView(options: {
  caller: Principal;
  environment: ConfiguredEnvironment;
  stored: ProvedEnvironmentPolicy;
  actor: ActorLookup;
  adminCircle: AdminCircle;
}): EnvironmentSettings {
  const { caller, environment, stored, actor, adminCircle } = options;
  const { name, floor } = environment;
  const policy = inForce(environment, stored);
  const admin = administerRefusal(caller);
  const floorRules = rulesOf(
    { ...policy, ...floor },
    policyFieldSchema.options.filter(field => floor[field] !== undefined),
  );
  const proposal = proposalView(name, stored, { before: policy, actor });
  return {
    ...environmentView({ ...environment, policy, now: stored.now }),
    revision: stored.revision,
    unproved: stored.unproved,
    configured: environment.policy,
    floor,
    floorText: floorRules.map(({ text }) => text),
    floorRules,
    updatedBy: stored.updatedBy ? actor(stored.updatedBy) : undefined,
    updatedAt: stored.updatedAt?.toISOString(),
    proposal,
    ...toActions([
      { action: 'edit', refusal: admin },
      {
        action: 'confirmProposal',
        refusal: proposal
          ? secondAdminRefusal(caller, stored.proposedBy, adminCircle)
          : admin ?? NOTHING_PROPOSED,
      },
      {
        action: 'rejectProposal',
        refusal: admin ?? (proposal ? undefined : NOTHING_PROPOSED),
      },
    ]),
  };
}
