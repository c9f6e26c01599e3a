import { RootConfigService } from '@backstage/backend-plugin-api';
import {
  ClientCertificateFacts,
  PasswordSource,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  ClientCertificate,
  SecretStore,
  TargetConnection,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { canonicalJson } from '../crypto/canonical';
import { SecretBinding, SecretBox } from '../crypto/SecretBox';
import { Principal } from '../domain/actions';
import { personRefusal, roleRefusal } from '../domain/caller';
import { DbTargetRecord } from '../domain/types';
import { HubError } from '../errors';
import {
  certificateFacts,
  certificateFault,
  splitPem,
} from './clientCertificates';
import { EnvironmentSecrets } from './EnvironmentSecrets';
import { FileSecrets } from './FileSecrets';
import { refuse } from './refuse';

/** What was typed for a password: itself, or where it is. */
export interface TypedPassword {
  password?: string;
  passwordFrom?: PasswordSource;
}

/** What was typed for a client certificate: itself, or where it is. */
export interface TypedCertificate {
  clientCertificate?: ClientCertificate | null;
  clientCertificateFrom?: PasswordSource;
}

/** What the hub gets into a target with, in clear: in memory only. */
export type Credentials = Pick<
  TargetConnection,
  'password' | 'clientCertificate'
>;

/** A client certificate as it is stored. */
export interface SealedCertificate {
  clientSecret: string;
  clientCertificate: ClientCertificateFacts;
}

type Refusal = (reason: string) => HubError;

/**
 * Passwords and client certificates of targets: encrypted in the hub's own
 * records, or kept in a store outside that the target names.
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
   * What was typed, in clear, for a test before it is saved. A password may be
   * left out where there is a client certificate.
   *
   * @throws HubError `INVALID_INPUT` unless each is given in one way, and the
   * store lets a target name it; `ROLE_REQUIRED`: what is kept for the hub is
   * for admins to give out.
   */
  async reveal(
    principal: Principal,
    typed: TypedPassword & TypedCertificate,
  ): Promise<Credentials> {
    const clientCertificate = await this.revealCertificate(principal, typed);
    const { password, passwordFrom } = typed;
    const none = password === undefined && passwordFrom === undefined;
    return {
      password:
        clientCertificate && none
          ? ''
          : await this.revealPassword(principal, typed),
      clientCertificate,
    };
  }

  /** As {@link reveal}, the password alone. */
  async revealPassword(
    principal: Principal,
    { password, passwordFrom }: TypedPassword,
  ): Promise<string> {
    if ((password === undefined) === (passwordFrom === undefined)) {
      throw invalid(
        'password',
        'Give the password, or with passwordFrom where it is kept; not both.',
      );
    }
    return passwordFrom
      ? this.#fetchFor(principal, passwordFrom, 'passwordFrom')
      : password ?? '';
  }

  /** As {@link reveal}, the certificate alone. */
  async revealCertificate(
    principal: Principal,
    { clientCertificate, clientCertificateFrom }: TypedCertificate,
  ): Promise<ClientCertificate | undefined> {
    if (!clientCertificateFrom) {
      if (!clientCertificate) return undefined;
      const fault = certificateFault(clientCertificate);
      if (!fault) return clientCertificate;
      throw invalid(`clientCertificate.${fault.field}`, fault.message);
    }
    const path = 'clientCertificateFrom';
    if (clientCertificate) {
      throw invalid(
        path,
        'Give the certificate, or where it is kept; not both.',
      );
    }
    const text = await this.#fetchFor(principal, clientCertificateFrom, path);
    return readCertificate(text, reason => invalid(path, reason));
  }

  /** Seals the password, or where it is, for one target at one address. */
  seal(typed: TypedPassword, binding: SecretBinding): string {
    const { password, passwordFrom } = typed;
    const text = passwordFrom ? canonicalJson(passwordFrom) : password ?? '';
    return this.#box.seal(text, binding);
  }

  /** Seals the certificate, or where it is; undefined where none was typed. */
  sealCertificate(
    { clientCertificate, clientCertificateFrom: from }: TypedCertificate,
    binding: SecretBinding,
  ): SealedCertificate | undefined {
    const sealed = (text: string) =>
      this.#box.seal(text, { ...binding, use: 'clientCertificate' });
    if (from) {
      return {
        clientSecret: sealed(canonicalJson(from)),
        clientCertificate: { from },
      };
    }
    return clientCertificate
      ? {
          clientSecret: sealed(canonicalJson(clientCertificate)),
          clientCertificate: certificateFacts(clientCertificate),
        }
      : undefined;
  }

  /** @throws HubError `PASSWORD_REQUIRED` */
  async open(target: DbTargetRecord): Promise<Credentials> {
    return {
      password: await this.#openSealed(target.secret, {
        target,
        from: target.passwordFrom,
      }),
      clientCertificate: await this.#openCertificate(target),
    };
  }

  async #openCertificate(
    target: DbTargetRecord,
  ): Promise<ClientCertificate | undefined> {
    const { clientSecret, clientCertificate } = target;
    if (clientSecret === undefined) return undefined;
    const from = clientCertificate?.from;
    const text = await this.#openSealed(clientSecret, {
      ...{ target, from },
      use: 'clientCertificate',
    });
    return from ? readCertificate(text, unusable) : JSON.parse(text);
  }

  async #openSealed(
    sealed: string,
    of: {
      target: DbTargetRecord;
      from: PasswordSource | undefined;
      use?: SecretBinding['use'];
    },
  ): Promise<string> {
    const { target, from, use } = of;
    const text = this.#box.open(sealed, { ...target, use });
    if (!from) return text;
    if (text !== canonicalJson(from)) {
      throw unusable(
        `Where the ${use ? 'client certificate' : 'password'} of '${
          target.name
        }' is kept was changed behind the hub's back. Set it again.`,
      );
    }
    return this.#fetch(from, unusable);
  }

  async #fetchFor(
    principal: Principal,
    source: PasswordSource,
    path: string,
  ): Promise<string> {
    const act = 'name a secret that is kept outside the hub';
    refuse(
      personRefusal(principal, act) ??
        roleRefusal(principal.user, 'admin', act),
    );
    return this.#fetch(source, reason => invalid(path, reason));
  }

  async #fetch(
    { from, name }: PasswordSource,
    refusal: Refusal,
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
      throw refusal(`The secret store '${from}' has no such secret: ${why}.`);
    }
  }
}

function readCertificate(text: string, refusal: Refusal): ClientCertificate {
  const found = splitPem(text);
  const fault = certificateFault(found);
  if (fault) throw refusal(fault.message);
  return found;
}

function unusable(reason: string): HubError {
  return new HubError('PASSWORD_REQUIRED', reason);
}

function invalid(path: string, message: string): HubError {
  return new HubError('INVALID_INPUT', message, {
    details: { issues: [{ path, message }] },
  });
}
