// What somebody does with a fresh production portal, from the first sign-in to an executed migration.
import { randomBytes } from 'node:crypto';
import { signIn } from './demo/hubClient.mjs';

const endMs = 60_000;

/** Throws at the first thing that is not as it should be. */
export async function walkThroughProduction({ url, postgres, admin, say }) {
  await readPage(url);
  say('The page and its scripts are served');
  await readMetrics(url);
  say('The metrics are for who has the token');

  const boss = await signIn({ backendUrl: url, appUrl: url, ...admin });
  const manager = await newPerson({ url, boss, role: 'manager' });
  // Not the admin: whoever gave the role cannot have his requests approved by it.
  const engineer = await newPerson({ url, boss, role: 'user' });
  say('The first admin signed in, and made accounts for others');

  const run = await requestRun(engineer, postgres);
  const { digest } = await manager.get(`/runs/${run.id}`);
  await refuses(engineer.post(`/runs/${run.id}/execute`, {}), 'an approval');
  await manager.post(`/runs/${run.id}/approvals`, {
    decision: 'approve',
    digest,
  });
  await engineer.post(`/runs/${run.id}/execute`, {});
  const ended = await runEnded(engineer, run.id);
  if (ended.status !== 'executed') {
    throw new Error(
      `the run ended ${ended.status}: ${JSON.stringify(ended.items)}`,
    );
  }
  const { rows } = await query(postgres, 'select * from tried');
  if (rows.length !== 1) throw new Error('the table of the migration is empty');
  say('A migration was requested, refused, approved and executed');

  const events = await boss.list('/audit-events', { action: 'run.finished' });
  if (events.length !== 1) throw new Error('the audit trail has no such event');
}

async function readPage(url) {
  const page = await (await fetch(url)).text();
  const script = /<script[^>]+src="([^"]+)"/.exec(page)?.[1];
  if (!script) throw new Error(`${url} is not the portal: ${page}`);
  const answer = await fetch(new URL(script, url));
  if (!answer.ok || !/javascript/.test(answer.headers.get('content-type'))) {
    throw new Error(`${script} answers ${answer.status}`);
  }
}

async function readMetrics(url) {
  const closed = await fetch(`${url}/metrics`);
  const open = await fetch(`${url}/metrics`, {
    headers: { authorization: 'Bearer scrape' },
  });
  const text = await open.text();
  if (closed.status !== 401 || !text.includes('migrate_hub_executors 1')) {
    throw new Error(`the metrics answer ${closed.status}, then: ${text}`);
  }
}

/** An account, by way of a one-time password that is changed at once. */
async function newPerson({ url, boss, role }) {
  const email = `${role}@example.com`;
  const user = await boss.post('/users', { email, role });
  const { password } = await boss.post(`/users/${user.id}/one-time-password`);
  return signIn({
    ...{ backendUrl: url, appUrl: url, email, password },
    newPassword: randomBytes(12).toString('hex'),
  });
}

async function requestRun(engineer, postgres) {
  await engineer.post('/projects', { key: 'tried', name: 'Tried' });
  const set = await engineer.post('/db-sets', {
    ...{ project: 'tried', environment: 'stg', name: 'tried' },
  });
  await engineer.post('/db-targets', {
    ...{ dbSetId: set.id, name: 'tried', engine: 'postgres' },
    ...{ host: '127.0.0.1', port: postgres.port, database: 'postgres' },
    ...{ username: postgres.user, password: postgres.password },
  });
  const migration = await engineer.post('/migrations', {
    ...{ project: 'tried', key: 'tried-0001', name: 'Try it' },
    sqlUp: 'create table tried (id integer);\ninsert into tried values (1);\n',
    sqlDown: 'drop table tried;\n',
  });
  return engineer.post(`/migrations/${migration.id}/runs`, {
    ...{ environment: 'stg', dbSetIds: [set.id], reason: 'to try it' },
  });
}

async function refuses(request, what) {
  const refused = await request.then(
    () => false,
    () => true,
  );
  if (!refused) throw new Error(`it went on without ${what}`);
}

async function runEnded(client, id) {
  const deadline = Date.now() + endMs;
  for (;;) {
    const run = await client.get(`/runs/${id}`);
    if (['executed', 'failed', 'canceled'].includes(run.status)) return run;
    if (Date.now() > deadline)
      throw new Error(`the run is still ${run.status}`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

async function query(postgres, sql) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}
