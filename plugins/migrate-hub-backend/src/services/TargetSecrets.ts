import { RootConfigService } from '@backstage/backend-plugin-api';
import { PasswordSource } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { SecretStore } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { canonicalJson } from '../crypto/canonical';
import { SecretBinding, SecretBox } from '../crypto/SecretBox';
import { Principal } from '../domain/actions';
import { personRefusal, roleRefusal } from '../domain/caller';
import { DbTargetRecord } from '../domain/types';
import { HubError } from '../errors';
import { EnvironmentSecrets } from './EnvironmentSecrets';
import { FileSecrets } from './FileSecrets';
import { refuse } from './refuse';

/** What was typed for a password: itself, or where it is. */
export interface TypedPassword {
  password?: string;
  passwordFrom?: PasswordSource;
}

/**
 * Passwords of targets: encrypted in the hub's own records, or kept in a store
 * outside that the target names.
 */
export class TargetSecrets {
  readonly #box: SecretBox;
  readonly #stores: ReadonlyMap<string, SecretStore>;

  private constructor(
    box: SecretBox,
    stores: ReadonlyMap<string, SecretStore>,
  ) {
    this.#box = box;
    this.#stores = stores;
  }

  /** @param options - `stores`: of modules, beside those of the config */
  static create(options: {
    box: SecretBox;
    config: RootConfigService;
    stores?: readonly SecretStore[];
  }): TargetSecrets {
    const { box, config, stores = [] } = options;
    const names = config.getOptionalStringArray('migrateHub.secrets.env.allow');
    const folders = config.getOptionalStringArray(
      'migrateHub.secrets.file.folders',
    );
    const all = [
      ...(names ? [EnvironmentSecrets.create(names)] : []),
      ...(folders ? [FileSecrets.create(folders)] : []),
      ...stores,
    ];
    return new TargetSecrets(box, new Map(all.map(one => [one.from, one])));
  }

  /**
   * The password in clear, for a test before it is saved.
   *
   * @throws HubError `INVALID_INPUT` unless there is one of both, and the store
   * lets a target name it; `ROLE_REQUIRED`: what is kept for the hub is for
   * admins to give out.
   */
  async reveal(principal: Principal, typed: TypedPassword): Promise<string> {
    const { password, passwordFrom } = typed;
    if ((password === undefined) === (passwordFrom === undefined)) {
      throw invalid(
        'password',
        'Give the password, or with passwordFrom where it is kept; not both.',
      );
    }
    if (!passwordFrom) return password ?? '';
    const act = 'name a password that is kept outside the hub';
    refuse(
      personRefusal(principal, act) ??
        roleRefusal(principal.user, 'admin', act),
    );
    return this.#fetch(passwordFrom, reason => invalid('passwordFrom', reason));
  }

  /** Seals what was typed for one target at one address. */
  seal(typed: TypedPassword, binding: SecretBinding): string {
    const { password, passwordFrom } = typed;
    const text = passwordFrom ? canonicalJson(passwordFrom) : password ?? '';
    return this.#box.seal(text, binding);
  }

  /** @throws HubError `PASSWORD_REQUIRED` */
  async open(target: DbTargetRecord): Promise<string> {
    const sealed = this.#box.open(target.secret, target);
    const { passwordFrom } = target;
    if (!passwordFrom) return sealed;
    if (sealed !== canonicalJson(passwordFrom)) {
      throw new HubError(
        'PASSWORD_REQUIRED',
        `Where the password of '${target.name}' is kept was changed behind the hub's back. Set it again.`,
      );
    }
    return this.#fetch(
      passwordFrom,
      reason => new HubError('PASSWORD_REQUIRED', reason),
    );
  }

  async #fetch(
    { from, name }: PasswordSource,
    refusal: (reason: string) => HubError,
  ): Promise<string> {
    const store = this.#stores.get(from);
    if (!store) {
      throw refusal(
        `This hub has no secret store '${from}'. It has: ${
          [...this.#stores.keys()].join(', ') || 'none'
        }.`,
      );
    }
    const reason = store.refuse(name);
    if (reason) throw refusal(reason);
    try {
      return await store.open(name);
    } catch (error) {
      const why = error instanceof Error ? error.message : 'it did not say why';
      throw refusal(`The secret store '${from}' has no password: ${why}.`);
    }
  }
}

function invalid(path: string, message: string): HubError {
  return new HubError('INVALID_INPUT', message, {
    details: { issues: [{ path, message }] },
  });
}
