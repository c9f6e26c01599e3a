// A portal of its own with the demo in it: for the browser tests, the screenshots and the benchmarks
// of pages.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { appEnvironment, startBackend, startFrontend } from '../app.mjs';
import { createDemoDatabases } from '../demo/databases.mjs';
import { seedDemo } from '../demo/seed.mjs';
import { logs } from '../paths.mjs';
import { freePort } from '../ports.mjs';
import { demoAccounts, newSecrets } from '../secrets.mjs';
import {
  openIdConfig,
  startOpenIdProvider,
} from '../servers/openIdProvider.mjs';
import { startTestPostgres } from '../servers/postgres.mjs';

/** Who has an account at the provider in Google's place. */
const googleAccounts = [
  {
    sub: 'grace',
    email: 'grace@example.com',
    email_verified: true,
    hd: 'example.com',
    name: 'Grace Google',
  },
  {
    sub: 'mallory',
    email: 'mallory@example.org',
    email_verified: true,
    hd: 'example.org',
    name: 'Mallory Elsewhere',
  },
];

/**
 * Starts a Postgres, a provider in Google's place, the backend and the frontend, and fills in the demo.
 * `name` begins the names of the logs.
 */
export async function startTestPortal({ name }) {
  const secrets = newSecrets();
  const [frontend, backend, openid] = [
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const chief = {
    email: 'chief@example.com',
    password: randomBytes(12).toString('hex'),
  };
  const log = what => join(logs, `${name}-${what}.log`);
  const postgres = await startTestPostgres({
    port: await freePort(),
    log: log('postgres'),
  });
  const servers = { postgres };
  const environment = {
    ...appEnvironment({ postgres, secrets, ports: { frontend, backend } }),
    // Backstage reads these after the files.
    APP_CONFIG_auth_providers_google: JSON.stringify({
      development: openIdConfig(openid),
    }),
    // What takes two admins takes two whom nobody else appointed.
    APP_CONFIG_migrateHub_firstAdmins: JSON.stringify([chief.email]),
    APP_CONFIG_migrateHub_firstAdminPassword: JSON.stringify(chief.password),
    APP_CONFIG_migrateHub_signIn: JSON.stringify({
      localSignIn: true,
      allowedDomains: ['example.com'],
    }),
  };
  const url = `http://localhost:${frontend}`;
  const backendUrl = `http://localhost:${backend}`;
  const programs = await Promise.all([
    startOpenIdProvider({
      port: openid,
      backendUrl,
      accounts: googleAccounts,
      log: log('openid'),
    }),
    startBackend({ environment, log: log('backend') }),
    startFrontend({ environment, log: log('frontend') }),
    createDemoDatabases({ servers, password: secrets.demoTargetPassword }),
  ]);
  await seedDemo({
    backendUrl: `http://127.0.0.1:${backend}`,
    appUrl: url,
    servers,
    secrets,
  });
  return {
    url,
    backendUrl,
    secrets,
    accounts: [...demoAccounts(secrets), chief],
    postgres: {
      host: '127.0.0.1',
      port: postgres.port,
      user: postgres.user,
      password: postgres.password,
    },
    async stop() {
      for (const program of programs.slice(0, 3).reverse()) {
        await program.stop();
      }
      await postgres.stop();
    },
  };
}
