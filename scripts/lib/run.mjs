// Child processes: to completion (`run`), or for as long as we live (`keep`).
import { spawn } from 'node:child_process';
import { accessSync, constants, createWriteStream, mkdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './paths.mjs';

/** Programs that are running now, by `run` and by `keep`, in the order of their start. */
const active = new Set();
let stopping = false;

const guard = join(dirname(fileURLToPath(import.meta.url)), 'guard.mjs');

/** The path of a program, or undefined. Debian keeps servers in /usr/sbin, off a user's PATH. */
export function which(...names) {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/sbin',
    '/usr/local/sbin',
  ];
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not in this folder.
      }
    }
  }
  return undefined;
}

/**
 * Runs a program to its end and returns what it said. Throws when it fails, unless `allowFailure`.
 * With `show` its output goes to the terminal as it comes, with `log` to a file.
 */
export async function run(command, args, options = {}) {
  const { allowFailure, show, log, input, ...spawnOptions } = options;
  refuseWhileStopping(command);
  const child = spawn(command, args, {
    cwd: root,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...spawnOptions,
  });
  const entry = { stop: async () => child.kill() };
  active.add(entry);
  const file = log && openLog(log);
  const stdout = [];
  const stderr = [];
  child.stdout?.on('data', data => {
    stdout.push(data);
    file?.write(data);
    if (show) process.stdout.write(data);
  });
  child.stderr?.on('data', data => {
    stderr.push(data);
    file?.write(data);
    if (show) process.stderr.write(data);
  });
  if (input !== undefined) child.stdin.end(input);
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve(status ?? signal));
  }).finally(() => active.delete(entry));
  file?.end();
  const result = {
    code,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  };
  if (code !== 0 && !allowFailure) {
    const said = `${result.stdout}\n${result.stderr}`.trim().split('\n');
    throw new Error(
      `${command} ${args.join(' ')} ended with ${code}:\n${said
        .slice(-40)
        .join('\n')}`,
    );
  }
  return result;
}

function openLog(path) {
  mkdirSync(dirname(path), { recursive: true });
  return createWriteStream(path, { flags: 'a' });
}

/**
 * Keeps a program running until `stop`, in a session of its own: Ctrl-C in the terminal reaches
 * only us, and we stop things in their order. A small guard process stands between, so that the
 * program ends (and `remove` is removed) also when we are killed without a chance to clean up.
 *
 * `onLine` sees every line of output.
 */
export function keep(command, args, options = {}) {
  const { stopSignal = 'SIGTERM', remove, onLine, log, env, cwd } = options;
  refuseWhileStopping(command);
  const child = spawn(
    process.execPath,
    [
      guard,
      JSON.stringify({
        command,
        args,
        stopSignal,
        remove,
        uid: options.uid,
        gid: options.gid,
      }),
    ],
    {
      cwd: cwd ?? root,
      env: env ?? process.env,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    },
  );
  const file = log && openLog(log);
  const tail = [];
  for (const stream of [child.stdout, child.stderr]) {
    eachLine(stream, line => {
      tail.push(line);
      if (tail.length > 40) tail.shift();
      file?.write(`${line}\n`);
      onLine?.(line);
    });
  }
  // The pipe breaks when the guard is gone; its exit is what counts.
  child.stdin.on('error', () => {});
  const exited = new Promise(resolve => {
    child.on('error', error => {
      tail.push(String(error));
      resolve(-1);
    });
    child.on('close', code => {
      file?.end();
      resolve(code);
    });
  });
  const kept = {
    exited,
    tail: () => tail.join('\n'),
    stop: async () => {
      child.stdin.end();
      await exited;
    },
  };
  active.add(kept);
  exited.then(() => active.delete(kept));
  return kept;
}

/** Ends everything that is running, what started last first, and lets nothing new start. */
export async function stopEverything() {
  stopping = true;
  for (const program of [...active].reverse()) await program.stop();
}

export function isAnythingRunning() {
  return active.size > 0;
}

function refuseWhileStopping(command) {
  if (stopping) throw new Error(`Stopping: ${command} is not started any more`);
}

function eachLine(stream, onLine) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', chunk => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) onLine(line);
  });
  stream.on('end', () => rest && onLine(rest));
}

/**
 * Waits until `attempt` succeeds. Gives up when `process` (from `keep`) ends, when `refused`
 * returns an error, or when time is over.
 */
export async function untilReady(process, attempt, options) {
  const { what, timeoutMs = 60_000, refused } = options;
  let ended = false;
  process.exited.then(() => {
    ended = true;
  });
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const fatal = refused?.();
      if (fatal) {
        await process.stop();
        throw fatal;
      }
      if (ended) throw new Error(`${what} did not start:\n${process.tail()}`);
      if (Date.now() > deadline) {
        await process.stop();
        throw new Error(
          `${what} was not ready in time (${
            error.message
          }):\n${process.tail()}`,
        );
      }
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }
}
