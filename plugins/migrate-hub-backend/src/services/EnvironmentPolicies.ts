import { Config } from '@backstage/config';
import {
  EnvironmentPolicy,
  environmentNameSchema,
  environmentPolicySchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { z } from 'zod';
import { DEFAULT_ENVIRONMENTS, DEFAULT_POLICY } from '../domain/policy';
import {
  belowFloor,
  liftToFloor,
  PolicyFloor,
} from '../domain/policyComparison';
import { HubError } from '../errors';
import { Tx } from '../store/Database';
import {
  readEnvironmentPolicy,
  StoredEnvironmentPolicy,
} from '../store/environmentPolicies';

/** An environment and the rules that hold in it today. */
export interface EnvironmentWithPolicy {
  name: string;
  policy: EnvironmentPolicy;
}

/** What the config says about an environment. */
export interface ConfiguredEnvironment extends EnvironmentWithPolicy {
  /** Admins cannot go below it. */
  floor: PolicyFloor;
  /** Weakening its policy takes a second admin. */
  protected: boolean;
}

const floorSchema = environmentPolicySchema.partial();

/** The environments in order of promotion: as configured, then as admins set them. */
export class EnvironmentPolicies {
  readonly #environments: ConfiguredEnvironment[];

  private constructor(environments: ConfiguredEnvironment[]) {
    this.#environments = environments;
  }

  /** @throws Error that names the setting, at start-up. */
  static fromConfig(config: Config): EnvironmentPolicies {
    const key = 'migrateHub.environments';
    const configured = config.getOptionalConfigArray(key);
    if (!configured) {
      return new EnvironmentPolicies(
        DEFAULT_ENVIRONMENTS.map((environment, index, { length }) => ({
          ...environment,
          floor: {},
          protected: index === length - 1,
        })),
      );
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
    return new EnvironmentPolicies(environments);
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
    const environment = this.configured(name);
    const stored = await readEnvironmentPolicy(tx, name);
    return { name, policy: inForce(environment, stored), now: stored.now };
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
  stored: Pick<StoredEnvironmentPolicy, 'policy' | 'now'>,
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
