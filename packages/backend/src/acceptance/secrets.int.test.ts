import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  plantSecret,
  secretWatch,
  testServer,
  TestServerName,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { randomBytes } from 'crypto';
import { Person } from './__testUtils__/Person';
import { Company, World } from './__testUtils__/World';

jest.setTimeout(240_000);

const everyEngine: TestServerName[] = ['postgres', 'mariadb', 'mysql'];
const engines = everyEngine.filter(engine => testServer(engine));
/** Not planted for the whole suite: these may be seen in some places. */
const fresh = (what: string) => `${what}${randomBytes(10).toString('hex')}`;
/** To the one it belongs to: a token, a password that is shown once. */
const given = { shownIn: /\/api\/auth\/|one-time-password$/ };

let world: World;
const companies: Company[] = [];

beforeAll(async () => {
  world = await World.create();
  companies.push(
    ...(await Promise.all(engines.map(one => Company.create(world, one)))),
  );
});
afterAll(async () => {
  for (const company of companies) await company.drop();
  await world?.hub.stop();
});

const api = async (
  method: string,
  path: string,
  init: { token?: string; accept?: string; body?: string } = {},
) => {
  const response = await fetch(`${world.hub.baseUrl}${path}`, {
    method,
    body: init.body,
    headers: {
      'Content-Type': 'application/json',
      'X-Requested-With': 'XMLHttpRequest',
      Origin: world.hub.origin,
      ...(init.token && { Authorization: `Bearer ${init.token}` }),
      ...(init.accept && { Accept: init.accept }),
    },
  });
  return { response, text: await response.text() };
};

const signIn = (body: object) =>
  api('POST', '/api/auth/local/refresh', { body: JSON.stringify(body) });

const cookieOf = (response: Response) =>
  response.headers
    .getSetCookie()
    .map(line => line.split(';')[0].split('=').slice(1).join('='))
    .filter(value => value.length > 0);

/** Signs in by a one-time password and changes it. */
async function useOneTimePassword(): Promise<void> {
  const { admin } = world;
  const email = `${fresh('one')}@example.com`;
  const { id } = await admin.call('createUser', {
    body: { email, role: 'user' },
  });
  const { password } = await admin.call('setOneTimePassword', {
    params: { id },
  });
  secretWatch.add('a one-time password', password, given);
  const wrong = plantSecret();
  expect((await signIn({ email, password: wrong })).response.ok).toBe(false);
  const newPassword = plantSecret();
  expect((await signIn({ email, password })).response.ok).toBe(false);
  const done = await signIn({ email, password, newPassword });
  expect(done.response.status).toBe(200);
  const [cookie] = cookieOf(done.response);
  secretWatch.add('a session cookie', decodeURIComponent(cookie), given);
  const { token } = JSON.parse(done.text).backstageIdentity;
  secretWatch.add('a token by a one-time password', token, given);
}

/** A run that goes well, one that fails on a row, with everything that can be read of them. */
async function useTargets(company: Company): Promise<void> {
  const { user, manager } = world;
  const { connection } = company.stg;
  const tested = await user.call('testConnection', {
    body: { ...connection, password: plantSecret() },
  });
  expect(tested.ok).toBe(false);
  const inSql = fresh('InTheSql');
  // Shown, with a warning, to whoever may read the SQL.
  secretWatch.add('a password in SQL', inSql, {
    shownIn: /\/(migrations|runs|run-items)\b|table public.sql_texts/,
  });
  const name = fresh('r');
  const give =
    connection.engine === 'postgres'
      ? `create role ${name} password '${inSql}'; drop role ${name};`
      : `create user ${name} identified by '${inSql}'; drop user ${name};`;
  const good = await company.create(
    'good',
    // What the last one returns is a secret that stands nowhere else.
    `create table good (id varchar(60) primary key);
${give}
select concat('Planted', 'Secret', '-in-a-row');`,
  );
  const run = await company.approved(good.id, 'stg');
  expect(run.analysis.problems).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ code: 'PASSWORD_LITERAL', line: 2 }),
    ]),
  );
  // The approver sees what the account may do beyond this run.
  expect(run.targetWarnings).toMatchObject([
    { message: expect.stringMatching(/is a superuser|on the whole server/) },
  ]);
  expect((await world.executed(user, run)).status).toBe('executed');
  const bad = await company.create(
    'bad',
    `create user ${name} identified somehow by '${inSql}';`,
  );
  const failing = await company.approved(bad.id, 'stg');
  const failed = await world.executed(user, failing);
  expect(failed.status).toBe('failed');
  for (const person of [user, manager]) {
    for (const { id } of [run, failing]) {
      const path = `/api/migrate-hub/v1/runs/${id}/logs`;
      const { token } = person;
      await api('GET', path, { token });
      await api('GET', path, { token, accept: 'text/plain' });
    }
    for (const id of company.targetIds) {
      await person.call('getDbTarget', { params: { id } });
    }
  }
  await user.call('testDbTarget', { params: { id: company.targetIds[0] } });
}

it('lets no secret out: not in an answer, a log, a metric, nor readable in any table', async () => {
  const { hub, user, admin } = world;
  await useOneTimePassword();
  await Promise.all(companies.map(useTargets));
  const malformed = plantSecret();
  const { token } = user;
  for (const body of [
    `{"password":"${malformed}",`,
    `{"password":{"x":"${malformed}"}}`,
  ]) {
    await api('POST', '/api/migrate-hub/v1/db-targets', { token, body });
  }
  await signIn({ email: 'user@example.com', password: [malformed] });
  for (const route of Object.values(routes)) {
    if (route.method !== 'GET' || route.path.includes(':')) continue;
    const path = `/api/migrate-hub/v1${route.path}`;
    await api('GET', path, { token: admin.token });
  }
  await Person.signIn(hub, 'second@example.com');
  await hub.lookForSecrets();
  secretWatch.assertNothingFound();

  // The search does look: what may be known is found, in tables, log and answers.
  secretWatch.add('a name', 'user@example.com');
  await admin.call('listUsers', {});
  await hub.lookForSecrets();
  let found = '';
  try {
    secretWatch.assertNothingFound();
  } catch (error) {
    found = (error as Error).message;
  }
  secretWatch.forget('a name');
  expect(found).toMatch(/a name in table public.users of migrate-hub/);
  expect(found).toMatch(/a name in table public.audit_personal of migrate-hub/);
  expect(found).toMatch(/a name in answer of GET .*\/users/);
});
