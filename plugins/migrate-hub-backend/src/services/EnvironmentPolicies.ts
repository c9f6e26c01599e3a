import { Config } from '@backstage/config';
import { Knex } from 'knex';
import {
  EnvironmentPolicy,
  environmentNameSchema,
  environmentPolicySchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { z } from 'zod';
import { Signer } from '../crypto/Signer';
import { DEFAULT_ENVIRONMENTS, DEFAULT_POLICY } from '../domain/policy';
import {
  belowFloor,
  liftToFloor,
  PolicyFloor,
} from '../domain/policyComparison';
import { HubError } from '../errors';
import { Tx } from '../store/Database';
import * as store from '../store/environmentPolicies';
import { openSetting, signSetting } from './signedSettings';

/** An environment and the rules that hold in it today. */
export interface EnvironmentWithPolicy {
  name: string;
  policy: EnvironmentPolicy;
  /** Weakening its policy takes a second admin, and the portal marks it. */
  protected: boolean;
}

/** What the config says about an environment. */
export interface ConfiguredEnvironment extends EnvironmentWithPolicy {
  /** Admins cannot go below it. */
  floor: PolicyFloor;
}

/** What admins have set for an environment, as far as the hub signed it. */
export type ProvedEnvironmentPolicy = Omit<
  store.StoredEnvironmentPolicy,
  'policy' | 'proposal'
> & {
  policy?: object;
  proposal?: { policy: unknown; reason?: string };
  /** Something is stored that this hub did not sign: it counts as if it were not there. */
  unproved: boolean;
};

interface Proposal {
  policy: object;
  reason?: string;
  userId: string;
}

const policyKey = (name: string) => `environment:${name}`;
const proposalKey = (name: string) => `environment-proposal:${name}`;

const floorSchema = environmentPolicySchema.partial();

/**
 * The environments in order of promotion: as configured, then as admins set them.
 *
 * @remarks
 * What admins set is signed. What somebody else wrote into the database does
 * not count: then the configured policy holds, and the health of the hub says so.
 */
export class EnvironmentPolicies {
  readonly #environments: ConfiguredEnvironment[];
  readonly #signer: Signer;

  private constructor(environments: ConfiguredEnvironment[], signer: Signer) {
    this.#environments = environments;
    this.#signer = signer;
  }

  /** @throws Error that names the setting, at start-up. */
  static create(options: {
    config: Config;
    signer: Signer;
  }): EnvironmentPolicies {
    const environments = readEnvironments(options.config);
    return new EnvironmentPolicies(environments, options.signer);
  }

  /** In order of promotion. */
  get names(): string[] {
    return this.#environments.map(({ name }) => name);
  }

  /**
   * What the config says.
   *
   * @throws HubError `UNKNOWN_ENVIRONMENT`
   */
  configured(name: string): ConfiguredEnvironment {
    const found = this.#environments.find(one => one.name === name);
    if (found) return found;
    throw new HubError(
      'UNKNOWN_ENVIRONMENT',
      `There is no environment '${name}'. Configured: ${this.names.join(
        ', ',
      )}.`,
    );
  }

  /**
   * The rules as they hold now, with the database's clock. Read in the
   * transaction that decides: no replica ever decides by an older one.
   *
   * @throws HubError `UNKNOWN_ENVIRONMENT`
   */
  async read(
    tx: Tx,
    name: string,
  ): Promise<EnvironmentWithPolicy & { now: Date }> {
    this.configured(name);
    return this.of(name, await store.readEnvironmentPolicy(tx, name));
  }

  /** The same of what was read already. @throws HubError `UNKNOWN_ENVIRONMENT` */
  of(
    name: string,
    stored: store.StoredEnvironmentPolicy,
  ): EnvironmentWithPolicy & { now: Date } {
    const environment = this.configured(name);
    const policy = inForce(environment, this.#proved(name, stored));
    return { name, policy, protected: environment.protected, now: stored.now };
  }

  /** What admins have set, and what they propose. */
  async stored(tx: Tx, name: string): Promise<ProvedEnvironmentPolicy> {
    return this.#proved(name, await store.readEnvironmentPolicy(tx, name));
  }

  /** The same for a change. */
  async lock(
    tx: Knex.Transaction,
    name: string,
  ): Promise<ProvedEnvironmentPolicy> {
    return this.#proved(name, await store.lockEnvironmentPolicy(tx, name));
  }

  /** Sets the policy, with whatever was proposed gone. */
  async save(
    tx: Knex.Transaction,
    name: string,
    { policy, userId }: { policy: object; userId: string },
  ): Promise<void> {
    const signed = signSetting(this.#signer, policyKey(name), policy);
    await store.savePolicy(tx, name, { policy: signed, userId });
  }

  /** Sets or, with undefined, takes back what is proposed. */
  async propose(
    tx: Knex.Transaction,
    name: string,
    proposal: Proposal | undefined,
  ): Promise<void> {
    await store.saveProposal(
      tx,
      name,
      proposal && {
        proposal: signSetting(this.#signer, proposalKey(name), proposal),
        userId: proposal.userId,
      },
    );
  }

  /** Which environments hold something that this hub did not sign, for the health; undefined if none. */
  async trouble(tx: Tx): Promise<string | undefined> {
    const unproved: string[] = [];
    for (const name of this.names) {
      if ((await this.stored(tx, name)).unproved) unproved.push(name);
    }
    if (unproved.length === 0) return undefined;
    return `what is stored as policy of ${unproved.join(
      ', ',
    )} was not signed by this hub and does not count: the configured policy holds until an admin sets it again`;
  }

  #proved(
    name: string,
    stored: store.StoredEnvironmentPolicy,
  ): ProvedEnvironmentPolicy {
    const open = (key: string, value: unknown) =>
      openSetting(this.#signer, key, value);
    const policy = open(policyKey(name), stored.policy);
    const proposal = open(proposalKey(name), stored.proposal) as
      | Proposal
      | undefined;
    // Who proposed is the other half of "two admins": it is signed along.
    const isOurs = proposal?.userId === stored.proposedBy;
    const proved = isOurs ? proposal : undefined;
    return {
      ...stored,
      policy,
      proposal: proved && { policy: proved.policy, reason: proved.reason },
      unproved:
        (stored.policy !== undefined && !policy) ||
        (stored.proposal !== undefined && !proved),
    };
  }

  async readAll(tx: Tx): Promise<(EnvironmentWithPolicy & { now: Date })[]> {
    const all: (EnvironmentWithPolicy & { now: Date })[] = [];
    for (const name of this.names) all.push(await this.read(tx, name));
    return all;
  }
}

/** What admins have set, or else what is configured; never below the floor. */
export function inForce(
  environment: ConfiguredEnvironment,
  stored: Pick<ProvedEnvironmentPolicy, 'policy' | 'now'>,
): EnvironmentPolicy {
  if (stored.policy === undefined) return environment.policy;
  // A rule that is newer than what was stored has its default.
  const policy = environmentPolicySchema.parse({
    ...DEFAULT_POLICY,
    ...Object(stored.policy),
  });
  return liftToFloor(policy, environment.floor, stored.now);
}

/**
 * A policy must wait for success in an environment that comes before.
 *
 * @returns what is wrong, if something is
 */
export function promotionFault(
  policy: Partial<EnvironmentPolicy>,
  at: { name: string; before: readonly string[] },
): string | undefined {
  const { requireSuccessIn } = policy;
  if (!requireSuccessIn || at.before.includes(requireSuccessIn)) {
    return undefined;
  }
  return `requireSuccessIn is '${requireSuccessIn}', which is not an environment before '${at.name}'`;
}

function readEnvironments(config: Config): ConfiguredEnvironment[] {
  const key = 'migrateHub.environments';
  const configured = config.getOptionalConfigArray(key);
  if (!configured) {
    return DEFAULT_ENVIRONMENTS.map((environment, index, { length }) => ({
      ...environment,
      floor: {},
      protected: index === length - 1,
    }));
  }
  if (configured.length === 0) throw new Error(`${key} must not be empty`);

  const environments: ConfiguredEnvironment[] = [];
  for (const [index, entry] of configured.entries()) {
    const at = `${key}[${index}]`;
    const before = environments.map(({ name }) => name);
    const environment = readEnvironment(entry, { at, before });
    environments.push({
      ...environment,
      protected:
        entry.getOptionalBoolean('protected') ??
        index === configured.length - 1,
    });
  }
  return environments;
}

function readEnvironment(
  entry: Config,
  { at, before }: { at: string; before: string[] },
): Omit<ConfiguredEnvironment, 'protected'> {
  const parsed = environmentNameSchema.safeParse(entry.getString('name'));
  if (!parsed.success) {
    throw new Error(
      `${at}.name must be lower-case letters and digits, beginning with a letter`,
    );
  }
  const name = parsed.data;
  if (before.includes(name))
    throw new Error(`${at}.name '${name}' is there twice`);

  const defaults =
    DEFAULT_ENVIRONMENTS.find(one => one.name === name) ??
    DEFAULT_ENVIRONMENTS[DEFAULT_ENVIRONMENTS.length - 1];
  const own = entry.getOptional<Record<string, unknown>>('policy') ?? {};
  const merged = { ...defaults.policy, ...own };
  const policy = parse(environmentPolicySchema, `${at}.policy`, {
    ...merged,
    requireSuccessIn: merged.requireSuccessIn || undefined,
  });
  const floor = parse(
    floorSchema,
    `${at}.floor`,
    entry.getOptional<Record<string, unknown>>('floor') ?? {},
  );
  for (const [part, value] of Object.entries({ policy, floor })) {
    const fault = promotionFault(value, { name, before });
    if (fault) throw new Error(`${at}.${part}.${fault}`);
  }
  const [below] = belowFloor(policy, floor, new Date(0));
  if (below) {
    throw new Error(`${at}.policy is below its own floor. ${below.message}`);
  }
  return { name, policy, floor };
}

function parse<S extends z.ZodType>(
  schema: S,
  at: string,
  value: unknown,
): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${at}.${issue.path.join('.')}: ${issue.message}`);
}
