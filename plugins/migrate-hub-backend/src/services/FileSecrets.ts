import { SecretStore } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { open, realpath } from 'fs/promises';
import { isAbsolute, normalize, sep } from 'path';

/** A file with a password, or a certificate with its key and those above it, is not longer. */
const MOST_BYTES = 65_536;

const isBelow = (path: string, folder: string) =>
  path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);

/** Passwords in files beside the hub, such as mounted secrets, below folders that the config names. */
export class FileSecrets implements SecretStore {
  readonly from = 'file';
  readonly #folders: readonly string[];

  private constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  static create(folders: readonly string[]): FileSecrets {
    return new FileSecrets(folders.map(folder => normalize(folder)));
  }

  refuse(name: string): string | undefined {
    const isAllowed =
      isAbsolute(name) &&
      normalize(name) === name &&
      this.#folders.some(folder => isBelow(name, folder));
    return isAllowed
      ? undefined
      : 'The file is in none of the folders that targets may use; its name must be absolute and plain. An operator can add a folder to migrateHub.secrets.file.folders.';
  }

  async open(name: string): Promise<string> {
    const path = await realpath(name).catch(() => undefined);
    const folders = await Promise.all(
      this.#folders.map(folder => realpath(folder).catch(() => folder)),
    );
    // A link may lead elsewhere.
    if (!path || !folders.some(folder => isBelow(path, folder))) {
      throw new Error('The file with the password is not there');
    }
    const file = await open(path, 'r');
    try {
      const { bytesRead, buffer } = await file.read({
        buffer: Buffer.alloc(MOST_BYTES + 1),
      });
      if (bytesRead > MOST_BYTES) {
        throw new Error('The file is too long for one with a secret');
      }
      return buffer.toString('utf8', 0, bytesRead).replace(/\r?\n$/, '');
    } finally {
      await file.close();
    }
  }
}
