import {
  Canary,
  EnvironmentPolicy,
  ExecutionWindow,
  Freeze,
  PolicyChange,
  PolicyField,
  policyFieldSchema,
  Role,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { isDeepStrictEqual } from 'util';
import { ruleText } from './policyText';

/** Rules that a policy may not go below; what it leaves out it does not care about. */
export type PolicyFloor = Partial<EnvironmentPolicy>;

/** Whether a rule, given, allows something that the one before does not. */
type Weakens<F extends PolicyField> = (
  before: EnvironmentPolicy[F],
  after: EnvironmentPolicy[F],
  now: Date,
) => boolean;

const addsRole = (before: readonly Role[], after: readonly Role[]) =>
  after.some(role => !before.includes(role));

/** More is weaker; without a limit most of all. */
const raises = (before?: number, after?: number) =>
  (after ?? Infinity) > (before ?? Infinity);

const minutes = (time: string) => {
  const [hour, minute] = time.split(':').map(Number);
  return hour * 60 + minute;
};

/** Of windows in one time zone; those of different zones cannot be compared for all days of the year. */
function contains(outer: ExecutionWindow, inner: ExecutionWindow): boolean {
  const end = ({ from, to }: ExecutionWindow) =>
    minutes(to) + (to <= from ? 24 * 60 : 0);
  return (
    outer.timeZone === inner.timeZone &&
    inner.days.every(day => outer.days.includes(day)) &&
    minutes(outer.from) <= minutes(inner.from) &&
    end(outer) >= end(inner)
  );
}

function opensWindow(
  before?: readonly ExecutionWindow[],
  after?: readonly ExecutionWindow[],
): boolean {
  if (!before) return false;
  if (!after) return true;
  return after.some(window => !before.some(outer => contains(outer, window)));
}

/** A freeze that is over holds nothing any more. */
function endsFreeze(
  before: readonly Freeze[] | undefined,
  after: readonly Freeze[] | undefined,
  now: Date,
): boolean {
  return (before ?? []).some(
    freeze =>
      Date.parse(freeze.to) > now.getTime() &&
      !(after ?? []).some(
        other =>
          Date.parse(other.from) <=
            Math.max(Date.parse(freeze.from), now.getTime()) &&
          Date.parse(other.to) >= Date.parse(freeze.to),
      ),
  );
}

/** A person is stricter than any time. */
const soak = ({ then }: Canary) =>
  then === 'person' ? Infinity : then.soakMinutes;

function loosensCanary(before?: Canary, after?: Canary): boolean {
  if (!before) return false;
  if (!after) return true;
  return (
    after.targets > before.targets ||
    soak(after) < soak(before) ||
    raises(before.waveSize, after.waveSize)
  );
}

const weakens: { [F in PolicyField]: Weakens<F> } = {
  requestRoles: addsRole,
  approveRoles: addsRole,
  executeRoles: addsRole,
  resolveRoles: addsRole,
  approvalsRequired: (before, after) => after < before,
  selfApproval: (before, after) => after && !before,
  approvalValidHours: raises,
  requireSuccessIn: (before, after) => before !== undefined && after !== before,
  windows: opensWindow,
  freezes: endsFreeze,
  lockTimeoutSeconds: raises,
  statementTimeoutSeconds: raises,
  parallelism: raises,
  stopAfterFailures: raises,
  canary: loosensCanary,
};

const FIELDS = policyFieldSchema.options;

function isWeaker<F extends PolicyField>(
  field: F,
  before: Partial<EnvironmentPolicy>,
  after: EnvironmentPolicy,
  now: Date,
): boolean {
  const compare: Weakens<F> = weakens[field];
  return compare(before[field] as EnvironmentPolicy[F], after[field], now);
}

/** Roles are a set: their order says nothing. */
const unordered = (rule: unknown) =>
  Array.isArray(rule) && typeof rule[0] === 'string' ? [...rule].sort() : rule;

/** The rules that differ, in words. Whatever is not clearly stricter counts as weaker. */
export function policyChanges(
  before: EnvironmentPolicy,
  after: EnvironmentPolicy,
  now: Date,
): PolicyChange[] {
  return FIELDS.filter(
    field =>
      !isDeepStrictEqual(unordered(before[field]), unordered(after[field])),
  ).map(field => ({
    field,
    effect: isWeaker(field, before, after, now) ? 'weaker' : 'stricter',
    text: `${ruleText(after, field)} Before: ${ruleText(before, field)}`,
  }));
}

/** Where a policy is below the floor, each with a sentence. */
export function belowFloor(
  policy: EnvironmentPolicy,
  floor: PolicyFloor,
  now: Date,
): { field: PolicyField; message: string }[] {
  return FIELDS.filter(
    field => floor[field] !== undefined && isWeaker(field, floor, policy, now),
  ).map(field => ({
    field,
    message: `${field}: the configuration allows nothing weaker than this: ${ruleText(
      { ...policy, ...floor },
      field,
    )}`,
  }));
}

/** The policy with the floor's rule wherever its own is below: a floor can be raised after it was set. */
export function liftToFloor(
  policy: EnvironmentPolicy,
  floor: PolicyFloor,
  now: Date,
): EnvironmentPolicy {
  const lifted = { ...policy };
  for (const { field } of belowFloor(policy, floor, now)) {
    Object.assign(lifted, { [field]: floor[field] });
  }
  return lifted;
}
