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
  key: KeyObject;
}

/** PKCS8, as PEM or as the base64 of its DER. */
function readKey(text: string): KeyObject {
  const key = parseKey(text);
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw new Error('must be an Ed25519 private key, PKCS8 as PEM or base64 DER');
}

function parseKey(text: string): KeyObject | undefined {
  try {
    if (text.includes('-----BEGIN')) return createPrivateKey(text);
    return createPrivateKey({
      key: Buffer.from(text, 'base64'),
      format: 'der',
      type: 'pkcs8',
    });
  } catch {
    // OpenSSL's reason helps nobody; the caller says what is expected.
    return undefined;
  }
}

/** Signs with Ed25519 and tells whether a signature is ours. */
export class Signer {
  /** Of the key that signs. */
  readonly currentKeyId: string;
  readonly #current: KeyObject;
  readonly #publicKeys: ReadonlyMap<string, KeyObject>;

  private constructor(current: SigningKey, keys: SigningKey[]) {
    this.currentKeyId = current.id;
    this.#current = current.key;
    this.#publicKeys = new Map(
      keys.map(({ id, key }) => [id, createPublicKey(key)]),
    );
  }

  /** @param keys - private keys; the first signs, all of them verify */
  static create(keys: [SigningKey, ...SigningKey[]]): Signer {
    return new Signer(keys[0], keys);
  }

  /** @throws Error that names the setting, at start-up. */
  static fromConfig(config: Config): Signer {
    return Signer.create(
      readConfigKeys(config, {
        key: 'migrateHub.signing.keys',
        field: 'privateKey',
        advice:
          'Make a key with: openssl genpkey -algorithm ed25519 -outform DER | base64 -w0',
        read: readKey,
      }),
    );
  }

  sign(bytes: Buffer): { keyId: string; signature: Buffer } {
    return {
      keyId: this.currentKeyId,
      signature: sign(undefined, bytes, this.#current),
    };
  }

  /** False also for a key that is not configured. */
  verify(keyId: string, bytes: Buffer, signature: Buffer): boolean {
    const key = this.#publicKeys.get(keyId);
    return key !== undefined && verify(undefined, bytes, key, signature);
  }
}
