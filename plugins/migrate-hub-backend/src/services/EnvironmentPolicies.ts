import { Config } from '@backstage/config';
import {
  EnvironmentPolicy,
  environmentNameSchema,
  environmentPolicySchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { DEFAULT_ENVIRONMENTS } from '../domain/policy';
import { HubError } from '../errors';

/** An environment and the rules that hold in it today. */
export interface EnvironmentWithPolicy {
  name: string;
  policy: EnvironmentPolicy;
}

/** The configured environments, in order of promotion. */
export class EnvironmentPolicies {
  readonly #environments: EnvironmentWithPolicy[];

  private constructor(environments: EnvironmentWithPolicy[]) {
    this.#environments = environments;
  }

  /** @throws Error that names the setting, at start-up. */
  static fromConfig(config: Config): EnvironmentPolicies {
    const key = 'migrateHub.environments';
    const configured = config.getOptionalConfigArray(key);
    if (!configured) return new EnvironmentPolicies(DEFAULT_ENVIRONMENTS);
    if (configured.length === 0) throw new Error(`${key} must not be empty`);

    const environments: EnvironmentWithPolicy[] = [];
    for (const [index, entry] of configured.entries()) {
      const at = `${key}[${index}]`;
      const name = environmentNameSchema.safeParse(entry.getString('name'));
      if (!name.success) {
        throw new Error(
          `${at}.name must be lower-case letters and digits, beginning with a letter`,
        );
      }
      const defaults =
        DEFAULT_ENVIRONMENTS.find(one => one.name === name.data) ??
        DEFAULT_ENVIRONMENTS[DEFAULT_ENVIRONMENTS.length - 1];
      const own = entry.getOptional<Record<string, unknown>>('policy') ?? {};
      const merged = { ...defaults.policy, ...own };
      const policy = environmentPolicySchema.safeParse({
        ...merged,
        requireSuccessIn: merged.requireSuccessIn || undefined,
      });
      if (!policy.success) {
        const issue = policy.error.issues[0];
        throw new Error(
          `${at}.policy.${issue.path.join('.')}: ${issue.message}`,
        );
      }
      const { requireSuccessIn } = policy.data;
      if (
        requireSuccessIn &&
        !environments.some(one => one.name === requireSuccessIn)
      ) {
        throw new Error(
          `${at}.policy.requireSuccessIn is '${requireSuccessIn}', which is not an environment before '${name.data}'`,
        );
      }
      if (environments.some(one => one.name === name.data)) {
        throw new Error(`${at}.name '${name.data}' is there twice`);
      }
      environments.push({ name: name.data, policy: policy.data });
    }
    return new EnvironmentPolicies(environments);
  }

  list(): EnvironmentWithPolicy[] {
    return this.#environments;
  }

  /** @throws HubError `UNKNOWN_ENVIRONMENT` */
  get(name: string): EnvironmentWithPolicy {
    const found = this.#environments.find(one => one.name === name);
    if (found) return found;
    throw new HubError(
      'UNKNOWN_ENVIRONMENT',
      `There is no environment '${name}'. Configured: ${this.#environments
        .map(one => one.name)
        .join(', ')}.`,
    );
  }
}
