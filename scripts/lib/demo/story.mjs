// A hub in which something has happened, for the pictures: over the REST API, with runs that really run.
import { setTimeout as sleep } from 'node:timers/promises';
import { demoAccounts } from '../secrets.mjs';
import { signIn } from './hubClient.mjs';

const sessions = {
  key: 'auth-0002-sessions',
  name: 'Add the sessions table with its index',
  jira: 'DEMO-7',
  description:
    'Sessions move out of Redis. The index is made without blocking writers.',
  sqlUp: `CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  account_id bigint NOT NULL REFERENCES accounts (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz
);

CREATE INDEX CONCURRENTLY sessions_account ON sessions (account_id);
`,
  sqlDown: 'DROP TABLE sessions;\n',
};
const backfill = {
  key: 'auth-0003-last-sign-in',
  name: 'Fill in the last sign-in of each account',
  jira: 'DEMO-9',
  transactionMode: 'no_transaction',
  sqlUp:
    'ALTER TABLE accounts ADD COLUMN last_sign_in timestamptz;\n\nUPDATE accounts SET last_sign_in = last_seen_at;\n',
  sqlDown: 'ALTER TABLE accounts DROP COLUMN last_sign_in;\n',
};
const tokens = {
  key: 'auth-0004-tokens',
  name: 'API tokens of accounts',
  jira: 'DEMO-11',
  sqlUp: 'CREATE TABLE tokens (id bigint PRIMARY KEY, hash bytea NOT NULL);\n',
  sqlDown: 'DROP TABLE tokens;\n',
};

/** Tells the story; returns the runs that the pictures show. */
export async function tellStory({ backendUrl, appUrl, secrets }) {
  const hub = { backendUrl, appUrl };
  const [user, manager] = await Promise.all(
    demoAccounts(secrets)
      .slice(0, 2)
      .map(account => signIn({ ...hub, ...account })),
  );
  const sets = await user.list('/db-sets', { project: 'auth' });
  const [accounts] = await user.list('/migrations', { project: 'auth' });
  const create = body => user.post('/migrations', { project: 'auth', ...body });
  const request = (migration, environment, reason) =>
    user.post(`/migrations/${migration.id}/runs`, {
      environment,
      dbSetIds: sets
        .filter(set => set.environment === environment)
        .map(({ id }) => id),
      type: 'apply',
      reason,
    });
  const approve = async run =>
    manager.post(`/runs/${run.id}/approvals`, {
      decision: 'approve',
      digest: (await manager.get(`/runs/${run.id}`)).digest,
    });
  async function execute(migration, environment) {
    const run = await request(migration, environment, 'For the next release');
    await approve(run);
    await manager.post(`/runs/${run.id}/execute`, {});
    return ended(user, run.id);
  }

  for (const environment of ['daily', 'stg', 'prd']) {
    await execute(accounts, environment);
  }
  const added = await create(sessions);
  await execute(added, 'daily');
  await execute(added, 'stg');
  const partly = await execute(await create(backfill), 'stg');
  await approve(await request(await create(tokens), 'stg', 'Team API asks'));
  const asked = await request(
    added,
    'prd',
    'The release of Tuesday needs it; peak is over at ten',
  );
  return { migration: added, asked, partly };
}

async function ended(hub, id) {
  for (;;) {
    const run = await hub.get(`/runs/${id}`);
    if (['executed', 'failed'].includes(run.status)) return run;
    await sleep(100);
  }
}
