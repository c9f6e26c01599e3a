// What `npm start` remembers between two starts, in .local/state.json.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { local } from './paths.mjs';
import { freePort } from './ports.mjs';
import { Hint } from './progress.mjs';

const file = join(local, 'state.json');

export function readState() {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

export function writeState(state) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(state, null, 2)}\n`);
}

/** The port used the last time while it is free: the demo targets in the hub name it. */
export async function keptPort(port) {
  return freePort(port).catch(() => freePort());
}

/** Two starts in one clone would fight over its data. */
export function onlyOneStart() {
  const lock = join(local, 'start.pid');
  const pid = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : undefined;
  if (pid && pid !== process.pid && isStart(pid)) {
    throw new Hint(
      `npm start is already running in this clone (process ${pid}). Stop it first with Ctrl-C there, or: kill ${pid}`,
    );
  }
  mkdirSync(local, { recursive: true });
  writeFileSync(lock, String(process.pid));
}

function isStart(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('start.mjs');
  } catch {
    // Elsewhere than on Linux: alive is all that can be known.
  }
  if (existsSync('/proc/self')) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
