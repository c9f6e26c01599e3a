// The parts `unit`, `integration` and `faults`: Jest over all packages, told apart by the name of the file.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { logs, modules, root } from '../paths.mjs';
import { run } from '../run.mjs';

/** `X.test.ts` needs no server, `X.int.test.ts` does, `X.fault.test.ts` kills processes. */
const patterns = {
  unit: String.raw`^(?!.*\.(int|fault)\.test\.).*\.test\.[jt]sx?$`,
  integration: String.raw`\.int\.test\.[jt]sx?$`,
  faults: String.raw`\.fault\.test\.[jt]sx?$`,
};

export async function runJest(part, { environment }) {
  const output = join(logs, `test-${part}.json`);
  mkdirSync(dirname(output), { recursive: true });
  rmSync(output, { force: true });
  const { code } = await run(
    join(modules, '.bin', 'backstage-cli'),
    [
      'repo',
      'test',
      '--watchAll=false',
      '--ci',
      // Real servers on a busy machine: slow is not broken.
      '--testTimeout=60000',
      `--testPathPatterns=${patterns[part]}`,
      '--json',
      `--outputFile=${output}`,
    ],
    {
      allowFailure: true,
      // Jest reports on stderr.
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        ...environment,
        NODE_ENV: 'test',
      },
    },
  );
  if (!existsSync(output)) {
    return crashed(`${part}: Jest ended with ${code} and without a result`);
  }
  return resultOf(JSON.parse(readFileSync(output, 'utf8')), { part, code });
}

function resultOf(report, { part, code }) {
  const failures = [];
  let brokenFiles = 0;
  for (const file of report.testResults) {
    const name = file.name.slice(root.length + 1);
    const failed = file.assertionResults.filter(
      ({ status }) => status === 'failed',
    );
    for (const { fullName } of failed) failures.push(`${name}: ${fullName}`);
    // A file that does not even load has no failed test, and counts as one.
    if (file.status === 'failed' && failed.length === 0) {
      failures.push(`${name}: ${firstLine(file.message)}`);
      brokenFiles += 1;
    }
  }
  const failed = report.numFailedTests + brokenFiles;
  if (code !== 0 && failed === 0) {
    return crashed(`${part}: Jest ended with ${code}`);
  }
  return {
    passed: report.numPassedTests,
    failed,
    skipped: report.numPendingTests + report.numTodoTests,
    failures,
  };
}

function crashed(reason) {
  return { passed: 0, failed: 1, skipped: 0, failures: [reason] };
}

/** The first line below Jest's own headline. */
function firstLine(text) {
  const lines = text.split('\n').map(line => line.trim());
  return lines.find(line => line !== '' && !line.startsWith('●')) ?? text;
}
