import { Config } from '@backstage/config';
import {
  createPrivateKey,
  createPublicKey,
  KeyObject,
  sign,
  verify,
} from 'crypto';
import { readConfigKeys } from './configKeys';

export interface SigningKey {
  id: string;
  /** Private, or, for one that only verifies, public. */
  key: KeyObject;
  /** What it signed from then on proves nothing. */
  compromisedSince?: Date;
}

/** A key as others may see it. */
export interface VerificationKey {
  id: string;
  /** SPKI, PEM. */
  publicKey: string;
  compromisedSince?: Date;
}

/** PKCS8 or SPKI, as PEM or as the base64 of its DER. */
function readKey(text: string): KeyObject {
  const key = parseKey(text);
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw new Error('must be an Ed25519 key: PKCS8 or SPKI, PEM or base64 DER');
}

function parseKey(text: string): KeyObject | undefined {
  try {
    if (text.includes('-----BEGIN PUBLIC')) return createPublicKey(text);
    if (text.includes('-----BEGIN')) return createPrivateKey(text);
    const key = Buffer.from(text, 'base64');
    // The DER of a private key begins with its version.
    return key.subarray(2, 5).equals(Buffer.from('020100', 'hex'))
      ? createPrivateKey({ key, format: 'der', type: 'pkcs8' })
      : createPublicKey({ key, format: 'der', type: 'spki' });
  } catch {
    // OpenSSL's reason helps nobody; the caller says what is expected.
    return undefined;
  }
}

function readCompromised(entry: Config): Date | undefined {
  const text = entry.getOptionalString('compromisedSince');
  if (text === undefined) return undefined;
  const since = new Date(text);
  if (Number.isNaN(since.getTime())) {
    throw new Error('has a compromisedSince that is no time in ISO 8601');
  }
  return since;
}

/** Signs with Ed25519 and tells whether a signature is ours. */
export class Signer {
  /** Of the key that signs. */
  readonly currentKeyId: string;
  readonly #current: KeyObject;
  readonly #keys: ReadonlyMap<
    string,
    { publicKey: KeyObject; compromisedSince?: Date }
  >;

  private constructor(keys: [SigningKey, ...SigningKey[]]) {
    const [current] = keys;
    this.currentKeyId = current.id;
    this.#current = current.key;
    this.#keys = new Map(
      keys.map(({ id, key, compromisedSince }) => [
        id,
        {
          publicKey: key.type === 'public' ? key : createPublicKey(key),
          compromisedSince,
        },
      ]),
    );
  }

  /**
   * @param keys - the first signs, all of them verify
   * @throws Error if the first cannot sign, or should not.
   */
  static create(keys: [SigningKey, ...SigningKey[]]): Signer {
    const [{ id, key, compromisedSince }] = keys;
    if (key.type !== 'private' || compromisedSince) {
      throw new Error(
        `migrateHub.signing.keys[0] ('${id}') signs, so it needs a privateKey and no compromisedSince. Put a new key first: openssl genpkey -algorithm ed25519 -outform DER | base64 -w0`,
      );
    }
    return new Signer(keys);
  }

  /** @throws Error that names the setting, at start-up. */
  static fromConfig(config: Config): Signer {
    const [first, ...rest] = readConfigKeys(config, {
      key: 'migrateHub.signing.keys',
      field: 'privateKey',
      alternative: 'publicKey',
      advice:
        'Make a key with: openssl genpkey -algorithm ed25519 -outform DER | base64 -w0',
      read: (text, entry) => ({
        key: readKey(text),
        compromisedSince: readCompromised(entry),
      }),
    });
    const toKey = ({ id, key }: typeof first): SigningKey => ({ id, ...key });
    return Signer.create([toKey(first), ...rest.map(toKey)]);
  }

  sign(bytes: Buffer): { keyId: string; signature: Buffer } {
    return {
      keyId: this.currentKeyId,
      signature: sign(undefined, bytes, this.#current),
    };
  }

  /** False also for a key that is not configured. */
  verify(keyId: string, bytes: Buffer, signature: Buffer): boolean {
    const key = this.#keys.get(keyId)?.publicKey;
    return key !== undefined && verify(undefined, bytes, key, signature);
  }

  /** Whether somebody else may have signed with the key by then. */
  isCompromised(keyId: string, at: Date): boolean {
    const since = this.#keys.get(keyId)?.compromisedSince;
    return since !== undefined && at >= since;
  }

  /** The one that signs first. */
  get verificationKeys(): VerificationKey[] {
    return [...this.#keys].map(([id, { publicKey, compromisedSince }]) => ({
      id,
      publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      compromisedSince,
    }));
  }
}
