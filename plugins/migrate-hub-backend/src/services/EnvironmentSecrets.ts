import { SecretStore } from '@migrate-hub/backstage-plugin-migrate-hub-node';

/** Passwords in environment variables of the hub, of which the config names those that may be used. */
export class EnvironmentSecrets implements SecretStore {
  readonly from = 'env';
  readonly #allowed: readonly string[];

  private constructor(allowed: readonly string[]) {
    this.#allowed = allowed;
  }

  /** @param allowed - names, or beginnings of names that end with `*` */
  static create(allowed: readonly string[]): EnvironmentSecrets {
    return new EnvironmentSecrets(allowed);
  }

  refuse(name: string): string | undefined {
    const isAllowed = this.#allowed.some(entry =>
      entry.endsWith('*')
        ? entry.length > 1 && name.startsWith(entry.slice(0, -1))
        : entry === name,
    );
    return isAllowed
      ? undefined
      : `The environment variable ${name} is not among those that targets may use. An operator can add it to migrateHub.secrets.env.allow.`;
  }

  async open(name: string): Promise<string> {
    const value = process.env[name];
    if (value) return value;
    throw new Error(`The environment variable ${name} is not set in the hub`);
  }
}
