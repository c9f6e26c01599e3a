// What a program that listens on a port costs: its memory, and the time of the processors.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** The process that listens on a port; undefined where it cannot be told. */
export function pidOf(port) {
  try {
    const found = execFileSync('ss', ['-ltnpH', `sport = :${port}`], {
      encoding: 'utf8',
    });
    return Number(/pid=(\d+)/.exec(found)[1]);
  } catch {
    return undefined;
  }
}

/** Resident memory of a process in MB; undefined where it cannot be told. */
export function memoryMb(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024;
  } catch {
    return undefined;
  }
}

/** `/proc` counts in hundredths of a second, on every Linux. */
const TICK_MS = 10;

/** Milliseconds of processor time that a process has taken, with its children, also those that are gone. */
export function processorMs(pid) {
  const times = timesOf(pid);
  if (!times) return 0;
  let ticks = times.own + times.ofChildren;
  for (const name of readdirSync('/proc')) {
    const child = /^\d+$/.test(name) ? timesOf(name) : undefined;
    if (child?.parent === pid) ticks += child.own + child.ofChildren;
  }
  return ticks * TICK_MS;
}

function timesOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in brackets, may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [user, system, childUser, childSystem] = fields
      .slice(11, 15)
      .map(Number);
    return {
      parent: Number(fields[1]),
      own: user + system,
      ofChildren: childUser + childSystem,
    };
  } catch {
    return undefined;
  }
}
