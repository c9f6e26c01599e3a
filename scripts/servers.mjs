// `npm run servers -- [file]`: the servers of `npm test`, kept running for work on single tests.
// Prints their addresses, and writes them to `file`, to be read with `. file`.
import { writeFileSync } from 'node:fs';
import { main } from './lib/main.mjs';
import { say, step } from './lib/progress.mjs';
import { installDependencies } from './lib/toolchain.mjs';
import {
  prepareEngines,
  startTestServers,
} from './lib/servers/testServers.mjs';

async function run() {
  await step('Looking for MariaDB and MySQL', prepareEngines);
  await installDependencies();
  const servers = await step('Starting the servers', startTestServers);
  for (const { name, reason, howTo } of servers.skipped) {
    say(`No ${name}: ${reason}. To have it: ${howTo}`);
  }
  const text = Object.entries(servers.env)
    .map(([name, value]) => `export ${name}='${value}'\n`)
    .join('');
  const file = process.argv[2];
  if (file) writeFileSync(file, text, { mode: 0o600 });
  process.stdout.write(text);
  say('The servers run until Ctrl-C.');
  await Promise.race(servers.running.map(({ exited }) => exited));
  say('A server has ended by itself.');
  return 1;
}

main(run, { interruptedCode: 0 });
