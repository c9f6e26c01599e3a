// `npm test`: everything, from a fresh clone. `npm test -- <part> ...` runs some parts only.
import {
  prepareEngines,
  startTestServers,
} from './lib/servers/testServers.mjs';
import { main } from './lib/main.mjs';
import { explain, Hint, say, seconds, step } from './lib/progress.mjs';
import { isAnythingRunning, stopEverything } from './lib/run.mjs';
import { findChromium, installMissing } from './lib/servers/apt.mjs';
import { runBrowserTests } from './lib/tests/browser.mjs';
import { runJest } from './lib/tests/jest.mjs';
import { runStaticChecks } from './lib/tests/staticChecks.mjs';
import { installDependencies } from './lib/toolchain.mjs';

const isCi = process.env.CI === 'true';

/** `engines`: needs database servers. `chromium`: needs a browser. */
const parts = {
  static: { budget: 180, run: runStaticChecks },
  unit: { budget: 180, run: () => runJest('unit', { environment: {} }) },
  integration: {
    budget: 180,
    engines: true,
    run: ({ env }) => runJest('integration', { environment: env }),
  },
  faults: {
    budget: 180,
    engines: true,
    run: ({ env }) => runJest('faults', { environment: env }),
  },
  browser: { budget: 240, chromium: true, run: runBrowserTests },
};

async function run() {
  const chosen = chosenParts();
  const needs = need => chosen.some(name => parts[name][need]);
  await prepare({ engines: needs('engines'), chromium: needs('chromium') });

  const results = [];
  const missing = [];
  let env = {};
  if (needs('engines')) {
    const servers = await step('Starting the servers', startTestServers);
    env = servers.env;
    missing.push(...servers.skipped);
  }
  for (const name of chosen) {
    if (parts[name].chromium && !findChromium()) {
      missing.push({
        name: 'chromium',
        reason: 'no browser was found',
        howTo:
          'apt-get install chromium, or MIGRATE_HUB_CHROMIUM=/path/to/chrome',
      });
      results.push({ name, ms: 0, passed: 0, failed: 0, skipped: 1 });
      continue;
    }
    results.push(await runPart(name, { env }));
  }
  if (isAnythingRunning()) await step('Stopping', stopEverything);
  return report(results, missing);
}

function chosenParts() {
  const names = process.argv.slice(2);
  const known = Object.keys(parts);
  const unknown = names.find(name => !known.includes(name));
  if (unknown) {
    throw new Hint(
      `There is no part "${unknown}". The parts are: ${known.join(', ')}`,
    );
  }
  return names.length > 0 ? names : known;
}

/** Fetching servers and installing packages use different resources: both at once. */
async function prepare({ engines, chromium }) {
  const fetching = async () => {
    if (chromium) await installMissing(['chromium']);
    if (engines) await prepareEngines();
  };
  await Promise.all([
    engines || chromium
      ? step('Looking for database servers and a browser', fetching)
      : undefined,
    installDependencies(),
  ]);
}

async function runPart(name, context) {
  const began = Date.now();
  say(`--- ${name}`);
  let result;
  try {
    result = await parts[name].run(context);
  } catch (error) {
    process.stdout.write(`${explain(error)}\n`);
    const failures = [`${name}: ${explain(error).split('\n')[0]}`];
    result = { passed: 0, failed: 1, skipped: 0, failures };
  }
  return { name, ms: Date.now() - began, ...result };
}

function report(results, missing) {
  const sum = key => results.reduce((total, result) => total + result[key], 0);
  const lines = [''];
  for (const { failures = [] } of results) {
    for (const failure of failures) lines.push(`FAILED  ${failure}`);
  }
  for (const { name, ms, passed, failed, skipped } of results) {
    const { budget } = parts[name];
    const over = ms > budget * 1000 ? `  over its budget of ${budget} s` : '';
    lines.push(
      `${name.padEnd(12)} ${counts({ passed, failed, skipped })}  (${seconds(
        ms,
      )})${over}`,
    );
  }
  for (const { name, reason, howTo } of missing) {
    lines.push(`No ${name}: ${reason}. To have it: ${howTo}`);
  }
  // In CI a missing engine or browser is a failure: nobody would notice the skipped tests.
  const failed = sum('failed') + (isCi ? missing.length : 0);
  lines.push(
    counts({ passed: sum('passed'), failed, skipped: sum('skipped') }),
  );
  process.stdout.write(`${lines.join('\n')}\n`);
  return failed === 0 ? 0 : 1;
}

function counts({ passed, failed, skipped }) {
  const text = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? text : `${text}, ${skipped} skipped`;
}

main(run);
