// `npm run bench -- <name>`: runs benchmarks/<name>.mjs with private servers at hand; all of them
// without a name.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { main } from './lib/main.mjs';
import { modules, root } from './lib/paths.mjs';
import { Hint, step } from './lib/progress.mjs';
import { run as runProgram } from './lib/run.mjs';
import {
  prepareEngines,
  startTestServers,
} from './lib/servers/testServers.mjs';
import { installDependencies } from './lib/toolchain.mjs';

const folder = join(root, 'benchmarks');

async function run() {
  const [name, ...args] = process.argv.slice(2);
  if (name && !names().includes(name)) {
    throw new Hint(`npm run bench -- <name>, one of: ${names().join(', ')}`);
  }
  await Promise.all([
    step('Looking for MariaDB and MySQL', prepareEngines),
    installDependencies(),
  ]);
  const servers = await step('Starting the servers', startTestServers);
  let worst = 0;
  for (const one of name ? [name] : names()) {
    console.log(`\n${one}`);
    const { code } = await benchmark(one, args, servers.env);
    if (code !== 0) worst = code;
  }
  return worst;
}

async function benchmark(name, args, env) {
  return runProgram(
    process.execPath,
    [
      // Backstage's own loader: a benchmark may import the packages' TypeScript.
      '--require',
      join(modules, '@backstage/cli-node/config/nodeTransform.cjs'),
      join(folder, `${name}.mjs`),
      ...args,
    ],
    {
      show: true,
      allowFailure: true,
      env: { ...process.env, ...env, NODE_ENV: 'production' },
    },
  );
}

function names() {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter(name => name.endsWith('.mjs'))
    .map(name => name.slice(0, -'.mjs'.length));
}

main(run);
