// `npm run try:install`: packs the packages as they would be published, installs them into Backstage
// apps fresh from create-app, one with the new frontend and one with the legacy one, as
// docs/install.md says, boots both and runs a migration in the browser. Takes some ten minutes.
// `npm run try:install -- legacy` tries one of them.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { packPackages } from './lib/install/packages.mjs';
import {
  fetchCreateApp,
  installPortal,
  startPortal,
} from './lib/install/portal.mjs';
import { walkThroughPortal } from './lib/install/story.mjs';
import { main } from './lib/main.mjs';
import { logs } from './lib/paths.mjs';
import { freePort } from './lib/ports.mjs';
import { Hint, say, step } from './lib/progress.mjs';
import { startTestPostgres } from './lib/servers/postgres.mjs';
import { removeFolder, tempFolder } from './lib/servers/temp.mjs';
import { installDependencies } from './lib/toolchain.mjs';

const frontends = ['new', 'legacy'];

async function tryInstall() {
  const asked = process.argv[2];
  if (asked && !frontends.includes(asked)) {
    throw new Hint(
      `There is no '${asked}'. Name one of: ${frontends.join(', ')}.`,
    );
  }
  const log = join(logs, 'try-install');
  mkdirSync(log, { recursive: true });
  await installDependencies();
  const folder = tempFolder('mh-install-');
  try {
    const packed = await step('Packing the packages', () =>
      packPackages({ folder, log: join(log, 'pack.log') }),
    );
    for (const { name, files } of packed) say(`${name}: ${files} files`);
    await step('Fetching create-app', () =>
      fetchCreateApp({ folder, log: join(log, 'create.log') }),
    );
    const postgres = await step('Starting PostgreSQL', async () =>
      startTestPostgres({
        port: await freePort(),
        log: join(log, 'postgres.log'),
      }),
    );
    for (const frontend of asked ? [asked] : frontends) {
      await tryPortal({ frontend, folder, packed, postgres, log });
    }
    await postgres.stop();
    return 0;
  } finally {
    removeFolder(folder);
  }
}

async function tryPortal({ frontend, folder, packed, postgres, log }) {
  const place = join(folder, frontend);
  await step(`Installing into an app with the ${frontend} frontend`, () =>
    installPortal({
      ...{ frontend, folder, place, packed },
      log: join(log, `${frontend}-install.log`),
    }),
  );
  const portal = await step('Starting it', async () =>
    startPortal({
      ...{ place, postgres, prefix: `${frontend}_` },
      port: await freePort(),
      log: join(log, `${frontend}-portal.log`),
    }),
  );
  await step('Opening the pages and running a migration', () =>
    walkThroughPortal({
      ...{ ...portal, postgres, say },
      pictures: join(log, frontend),
    }),
  );
  await portal.stop();
}

main(tryInstall);
