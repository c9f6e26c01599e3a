import { Config } from '@backstage/config';
import {
  Engine,
  TlsOptions,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
} from 'crypto';
import { HubError } from '../errors';
import { canonicalJson } from './canonical';
import { readConfigKeys } from './configKeys';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FORMAT = /^v1\.([A-Za-z0-9_-]{1,32})\.([\w-]{16})\.([\w-]{22,})$/;

/** Whose password it is and where it may be sent: a secret opens for nothing else. */
export interface SecretBinding {
  id: string;
  /** Absent for the password. */
  use?: 'clientCertificate';
  engine: Engine;
  host: string;
  port: number;
  username: string;
  tls: TlsOptions;
}

export interface SecretKey {
  id: string;
  key: Buffer;
}

const associatedData = (binding: SecretBinding): Buffer => {
  const { id, use, engine, host, port, username, tls } = binding;
  const address = { id, engine, host, port, username, tls };
  return Buffer.from(
    canonicalJson(use ? { ...address, use } : address),
    'utf8',
  );
};

const tokenData = (sessionId: string): Buffer =>
  Buffer.from(canonicalJson({ session: sessionId }), 'utf8');

function readKey(text: string): Buffer {
  const key = Buffer.from(text, 'base64');
  if (key.length === KEY_BYTES) return key;
  throw new Error(
    `must be ${KEY_BYTES} bytes in base64, but has ${key.length}`,
  );
}

/**
 * Encrypts the passwords of DB targets, and tokens of sessions, with AES-256-GCM.
 *
 * @remarks
 * Ciphertext is `v1.<key id>.<nonce>.<data and tag>`. It is bound to the target
 * and its address, so that a password cannot be sent to a server it was not
 * typed for, be the address changed in the hub or in its database.
 */
export class SecretBox {
  readonly #current: SecretKey;
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #fingerprintKey: Buffer;
  /** The first is of the current key. */
  readonly #sessionKeys: Buffer[];

  private constructor(current: SecretKey, keys: SecretKey[]) {
    this.#current = current;
    this.#keys = new Map(keys.map(({ id, key }) => [id, key]));
    this.#fingerprintKey = Buffer.from(
      hkdfSync('sha256', current.key, '', 'migrate-hub/fingerprint/1', 32),
    );
    this.#sessionKeys = keys.map(({ key }) =>
      Buffer.from(hkdfSync('sha256', key, '', 'migrate-hub/session/1', 32)),
    );
  }

  /** @param keys - the first encrypts, all of them decrypt */
  static create(keys: [SecretKey, ...SecretKey[]]): SecretBox {
    for (const { id, key } of keys) {
      if (key.length !== KEY_BYTES) {
        throw new Error(`secret key '${id}' must have ${KEY_BYTES} bytes`);
      }
    }
    return new SecretBox(keys[0], keys);
  }

  /** @throws Error that names the setting, at start-up. */
  static fromConfig(config: Config): SecretBox {
    return SecretBox.create(
      readConfigKeys(config, {
        key: 'migrateHub.secrets.keys',
        field: 'key',
        advice: 'Make a key with: openssl rand -base64 32',
        read: readKey,
      }),
    );
  }

  /** Of all keys; the first encrypts. */
  get keyIds(): string[] {
    return [...this.#keys.keys()];
  }

  get currentKeyId(): string {
    return this.#current.id;
  }

  seal(secret: string, binding: SecretBinding): string {
    return this.#encrypt(secret, associatedData(binding));
  }

  /** Seals the token of a session: it opens for that session only. */
  sealToken(token: string, sessionId: string): string {
    return this.#encrypt(token, tokenData(sessionId));
  }

  #encrypt(secret: string, data: Buffer): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#current.key, nonce);
    cipher.setAAD(data);
    const sealed = Buffer.concat([
      cipher.update(secret, 'utf8'),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
    return [
      'v1',
      this.#current.id,
      nonce.toString('base64url'),
      sealed.toString('base64url'),
    ].join('.');
  }

  /**
   * @throws HubError `PASSWORD_REQUIRED` if it was sealed for another address or
   * with a key that is not configured any more.
   */
  open(ciphertext: string, binding: SecretBinding): string {
    return this.#decrypt(ciphertext, associatedData(binding));
  }

  /** Undefined if it cannot be opened: the session does without. */
  openToken(ciphertext: string, sessionId: string): string | undefined {
    try {
      return this.#decrypt(ciphertext, tokenData(sessionId));
    } catch {
      return undefined;
    }
  }

  #decrypt(ciphertext: string, associated: Buffer): string {
    const [, keyId, nonce, data] = FORMAT.exec(ciphertext) ?? [];
    const key = keyId === undefined ? undefined : this.#keys.get(keyId);
    if (!key) {
      throw unreadable(
        'was encrypted with a key that is not configured any more',
      );
    }
    const sealed = Buffer.from(data, 'base64url');
    try {
      const decipher = createDecipheriv(
        ALGORITHM,
        key,
        Buffer.from(nonce, 'base64url'),
        { authTagLength: TAG_BYTES },
      );
      decipher.setAAD(associated);
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
      return Buffer.concat([
        decipher.update(sealed.subarray(0, -TAG_BYTES)),
        decipher.final(),
      ]).toString('utf8');
    } catch {
      throw unreadable('was typed for another address');
    }
  }

  /** Whether there is any text in it, told without a key. */
  static holdsText(ciphertext: string): boolean {
    const [, , , data] = FORMAT.exec(ciphertext) ?? [];
    return (
      data !== undefined && Buffer.from(data, 'base64url').length > TAG_BYTES
    );
  }

  /**
   * Keyed hashes of what belongs to a session, one for each key: the first is
   * kept, all of them are looked for.
   */
  sessionHashes(text: string): Buffer[] {
    return this.#sessionKeys.map(key =>
      createHmac('sha256', key).update(text).digest(),
    );
  }

  /** Keyed hash of something that may hold a password. Changes with the first key. */
  fingerprint(bytes: Buffer): string {
    return createHmac('sha256', this.#fingerprintKey)
      .update(bytes)
      .digest('hex');
  }
}

function unreadable(reason: string): HubError {
  return new HubError(
    'PASSWORD_REQUIRED',
    `The stored secret ${reason}, so it cannot be used. Type the password of the target, or its client certificate, again.`,
  );
}
