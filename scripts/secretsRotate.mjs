// `npm run secrets:rotate -- --config …`: moves every secret to the first key of the config, while
// the hub runs. Wants the environment and the --config options of the hub.
import { join } from 'node:path';
import { main } from './lib/main.mjs';
import { modules, root } from './lib/paths.mjs';
import { run as runProgram } from './lib/run.mjs';
import { installDependencies } from './lib/toolchain.mjs';

async function run() {
  await installDependencies();
  const { code } = await runProgram(
    process.execPath,
    [
      '--require',
      join(modules, '@backstage/cli/config/nodeTransform.cjs'),
      join(root, 'packages/backend/src/rotateSecrets.ts'),
      ...process.argv.slice(2),
    ],
    { show: true, allowFailure: true },
  );
  return code;
}

main(run);
