// `npm run soak -- --minutes 10 --seed 1`: several replicas work over many targets while they are
// killed, stopped and terminated at random. Ends with the number of violations, which must be 0.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { main } from './lib/main.mjs';
import { root } from './lib/paths.mjs';
import { step } from './lib/progress.mjs';
import { run } from './lib/run.mjs';
import {
  prepareEngines,
  startTestServers,
} from './lib/servers/testServers.mjs';
import { installDependencies } from './lib/toolchain.mjs';

async function soak() {
  await step('Looking for database servers', prepareEngines);
  await installDependencies();
  const servers = await step('Starting the servers', startTestServers);
  const require = createRequire(join(root, 'package.json'));
  const { code } = await run(
    process.execPath,
    [
      '--require',
      require.resolve('@backstage/cli/config/nodeTransform.cjs'),
      join(root, 'packages/backend/src/faults/__testUtils__/soak.ts'),
      ...process.argv.slice(2),
    ],
    {
      allowFailure: true,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...servers.env },
    },
  );
  await step('Stopping the servers', servers.stop);
  return typeof code === 'number' ? code : 1;
}

main(soak);
