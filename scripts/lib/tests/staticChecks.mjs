// The part `static`: each check counts as one test.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { modules } from '../paths.mjs';
import { say, seconds } from '../progress.mjs';
import { run } from '../run.mjs';

const bin = name => join(modules, '.bin', name);
const config = (...files) => files.flatMap(file => ['--config', file]);

// The slowest first, so that they run beside the others.
const checks = [
  {
    name: 'types (tsc)',
    command: ['tsc', '--noEmit', '--incremental', 'false'],
  },
  {
    name: 'lint of the packages (eslint)',
    command: ['backstage-cli', 'repo', 'lint', '--max-warnings', '0'],
  },
  {
    name: 'lint of the scripts (eslint)',
    command: [
      'eslint',
      '--ext',
      '.mjs',
      '--max-warnings',
      '0',
      '--no-error-on-unmatched-pattern',
      'scripts',
      'benchmarks',
    ],
  },
  {
    name: 'unused files, exports and dependencies (knip)',
    command: ['knip', '--no-progress', '--no-config-hints'],
  },
  {
    name: 'arrows between packages and folders (dependency-cruiser)',
    command: [
      'depcruise',
      '--config',
      '.dependency-cruiser.cjs',
      'packages',
      'plugins',
    ],
  },
  { name: 'format (prettier)', command: ['prettier', '--check', '.'] },
  {
    name: 'configuration for development',
    command: [
      'backstage-cli',
      'config:check',
      '--lax',
      ...config('app-config.yaml', 'app-config.development.yaml'),
    ],
  },
  {
    name: 'configuration for production',
    command: [
      'backstage-cli',
      'config:check',
      '--lax',
      ...config('app-config.yaml', 'app-config.production.yaml'),
    ],
  },
];

export async function runStaticChecks() {
  const queue = [...checks];
  const failures = [];
  const worker = async () => {
    for (let check = queue.shift(); check; check = queue.shift()) {
      const failure = await runCheck(check);
      if (failure) failures.push(failure);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return {
    passed: checks.length - failures.length,
    failed: failures.length,
    skipped: 0,
    failures,
  };
}

async function runCheck({ name, command: [program, ...args] }) {
  const began = Date.now();
  const { code, stdout, stderr } = await run(bin(program), args, {
    allowFailure: true,
    env: { ...process.env, CI: 'true', FORCE_COLOR: '0' },
  });
  const verdict = code === 0 ? 'passed' : 'FAILED';
  say(`${name}: ${verdict} (${seconds(Date.now() - began)})`);
  if (code === 0) return undefined;
  process.stdout.write(`${stdout}${stderr}\n`);
  return name;
}
