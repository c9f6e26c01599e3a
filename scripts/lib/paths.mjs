// Where things are. Everything that a script writes is below one of these git-ignored folders,
// or in a temporary folder that is removed at the end.
import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const local = join(root, '.local');
export const toolchain = join(root, '.toolchain');
export const modules = join(root, 'node_modules');
export const logs = join(local, 'logs');

/** A short name for this clone, for the rare file that cannot be inside it. */
export function cloneName() {
  const hash = createHash('sha256').update(root).digest('hex').slice(0, 8);
  return `${basename(root).replace(/[^A-Za-z0-9_-]/g, '')}-${hash}`;
}
