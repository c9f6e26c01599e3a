import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';

/** A new empty folder with a short name: a Unix socket's path may have 107 bytes at most. */
export function tempFolder(prefix, base = tmpdir()) {
  const folder = mkdtempSync(join(base, prefix));
  chmodSync(folder, 0o700);
  return folder;
}

export function removeFolder(folder) {
  rmSync(folder, { recursive: true, force: true });
}

/** Hex, so that it needs no escaping in a URL, a shell or SQL. */
export function newPassword() {
  return randomBytes(12).toString('hex');
}
