// Runs one program and ends it when our parent lets go of the pipe on stdin, which it also does
// by dying: nothing is left behind by a kill -9. Used by `keep` in run.mjs.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

const { command, args, stopSignal, remove, uid, gid } = JSON.parse(
  process.argv[2],
);
const graceMs = 20_000;

const child = spawn(command, args, {
  stdio: ['ignore', 'inherit', 'inherit'],
  detached: true,
  uid,
  gid,
});

let stopping = false;
function stop() {
  if (stopping) return;
  stopping = true;
  signal(stopSignal);
  setTimeout(() => signal('SIGKILL', { group: true }), graceMs).unref();
}

function signal(name, { group = false } = {}) {
  try {
    process.kill(group ? -child.pid : child.pid, name);
  } catch {
    // It has ended already.
  }
}

function finish(code) {
  // A program's own children must not outlive it.
  signal('SIGKILL', { group: true });
  if (remove) rmSync(remove, { recursive: true, force: true });
  process.exit(code);
}

child.on('error', error => {
  process.stderr.write(`${error.message}\n`);
  finish(127);
});
child.on('exit', code => finish(code ?? 1));

process.stdin.resume();
process.stdin.on('end', stop);
process.stdin.on('error', stop);
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
// A closed terminal must not take the guard down before its program.
process.on('SIGHUP', stop);
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
