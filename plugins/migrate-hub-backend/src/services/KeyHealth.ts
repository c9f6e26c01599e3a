import { SecretBox } from '../crypto/SecretBox';
import { Signer } from '../crypto/Signer';
import { Tx } from '../store/Database';
import { ensureProof, openApprovals } from '../store/keyProofs';
import { countSecrets, SecretHolder } from '../store/secrets';

/** What the proof of a key says when it is opened. */
const SAID = 'migrate-hub';

const APPROVALS = 100;

/** Sessions and webhooks go on without. */
const OF_TARGETS: SecretHolder[] = ['targets', 'clientCertificates'];

/** Whether the configured keys are those that the records were made with. */
export class KeyHealth {
  readonly #tx: Tx;
  readonly #secrets: SecretBox;
  readonly #signer: Signer;

  private constructor(options: KeyHealthOptions) {
    this.#tx = options.knex;
    this.#secrets = options.secrets;
    this.#signer = options.signer;
  }

  static create(options: KeyHealthOptions): KeyHealth {
    return new KeyHealth(options);
  }

  /**
   * What is wrong with the keys, if anything; ids of keys, never keys.
   *
   * @remarks
   * A key that is missing shows by its id. A wrong one under a right id shows
   * by a text that the first replica sealed and every later one has to open.
   */
  async problem(): Promise<string | undefined> {
    const problems = [
      ...(await this.#missing()),
      ...(await this.#wrong()),
      ...(await this.#unverified()),
    ];
    return problems.length > 0 ? problems.join('; ') : undefined;
  }

  async #missing(): Promise<string[]> {
    const known = this.#secrets.keyIds;
    return (await countSecrets(this.#tx))
      .filter(
        ({ holder, keyId }) =>
          OF_TARGETS.includes(holder) && !known.includes(keyId),
      )
      .map(
        ({ holder, keyId, count }) =>
          `${
            holder === 'targets' ? 'passwords' : 'client certificates'
          } of targets (${count}) are encrypted with key '${keyId}', which is not in migrateHub.secrets.keys`,
      );
  }

  async #wrong(): Promise<string[]> {
    const keyId = this.#secrets.currentKeyId;
    const fresh = this.#secrets.sealToken(SAID, keyId);
    const proof = await ensureProof(this.#tx, keyId, fresh);
    if (this.#secrets.openToken(proof, keyId) === SAID) return [];
    return [
      `key '${keyId}' of migrateHub.secrets.keys is not the one that the records were encrypted with`,
    ];
  }

  async #unverified(): Promise<string[]> {
    const approvals = await openApprovals(this.#tx, APPROVALS);
    const failing = approvals.filter(
      ({ keyId, canonical, signature }) =>
        !this.#signer.verify(keyId, canonical, signature),
    );
    if (failing.length === 0) return [];
    const ids = [...new Set(failing.map(({ keyId }) => `'${keyId}'`))];
    return [
      `approvals of open runs (${
        failing.length
      }) are not verified by what migrateHub.signing.keys has as ${ids.join(
        ', ',
      )}`,
    ];
  }
}

interface KeyHealthOptions {
  knex: Tx;
  secrets: SecretBox;
  signer: Signer;
}
