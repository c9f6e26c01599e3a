import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  testServer,
  TestServerName,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { randomBytes } from 'crypto';
import { formsOf } from './__testUtils__/formsOf';
import { Person } from './__testUtils__/Person';
import { recordAnswers } from './__testUtils__/recordAnswers';
import { Company, World } from './__testUtils__/World';

jest.setTimeout(240_000);

const everyEngine: TestServerName[] = ['postgres', 'mariadb', 'mysql'];
const engines = everyEngine.filter(engine => testServer(engine));
const planted = (what: string) => `${what}${randomBytes(10).toString('hex')}`;

const recorder = recordAnswers();
let world: World;
const companies: Company[] = [];

beforeAll(async () => {
  world = await World.create();
  companies.push(
    ...(await Promise.all(engines.map(one => Company.create(world, one)))),
  );
});
afterAll(async () => {
  recorder.stop();
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

/** Signs in by a one-time password and changes it; answers what must be found nowhere. */
async function useOneTimePassword(): Promise<Record<string, string>> {
  const { admin } = world;
  const email = `${planted('one')}@example.com`;
  const { id } = await admin.call('createUser', {
    body: { email, role: 'user' },
  });
  const { password } = await admin.call('setOneTimePassword', {
    params: { id },
  });
  const wrong = planted('WrongSignIn');
  expect((await signIn({ email, password: wrong })).response.ok).toBe(false);
  const newPassword = planted('NewPassword');
  expect((await signIn({ email, password })).response.ok).toBe(false);
  const done = await signIn({ email, password, newPassword });
  expect(done.response.status).toBe(200);
  const [cookie] = cookieOf(done.response);
  expect(cookie.length).toBeGreaterThan(20);
  return {
    'one-time password': password,
    'wrong password of a sign-in': wrong,
    'new password': newPassword,
    'session cookie': decodeURIComponent(cookie),
    'token by a one-time password': JSON.parse(done.text).backstageIdentity
      .token,
  };
}

/** A run that goes well, one that fails on a row, with everything that can be read of them. */
async function useTargets(company: Company): Promise<Record<string, string>> {
  const { user, manager } = world;
  const { connection } = company.stg;
  const wrong = planted('WrongTarget');
  const tested = await user.call('testConnection', {
    body: { ...connection, password: wrong },
  });
  expect(tested.ok).toBe(false);
  const inSql = planted('InTheSql');
  const name = planted('r');
  const give =
    connection.engine === 'postgres'
      ? `create role ${name} password '${inSql}'; drop role ${name};`
      : `create user ${name} identified by '${inSql}'; drop user ${name};`;
  const good = await company.create(
    'good',
    `create table good (id varchar(60) primary key);\n${give}`,
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
  return {
    [`password of ${company.project}`]: connection.password,
    [`wrong password of ${company.project}`]: wrong,
    [`password in the SQL for ${company.project}`]: inSql,
  };
}

/** Answers that show a secret to the one it belongs to: a token, a password shown once. */
const gives = /\/api\/auth\/|one-time-password$/;

/** The SQL of a migration is shown to whoever may read it, with a warning. */
const showsSql = /\/(migrations|runs|run-items)\b/;

it('lets no secret out: not in an answer, a log, a metric, nor readable in any table', async () => {
  const { hub, user, manager, admin } = world;
  const secrets: Record<string, string> = {
    ...hub.secrets,
    'token of the user': user.token,
    'token of the manager': manager.token,
    'token of the admin': admin.token,
    ...(await useOneTimePassword()),
  };
  Object.assign(secrets, ...(await Promise.all(companies.map(useTargets))));
  const malformed = planted('Malformed');
  secrets['password in a broken body'] = malformed;
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
  await api('GET', '/metrics');
  const again = await Person.signIn(hub, 'second@example.com');
  secrets['token of the second manager'] = again.token;

  const tables = await hub.dump();
  // The search can find things: what is no secret is there.
  expect(tables['migrate-hub.users']).toContain('user@example.com');
  expect(Object.keys(tables).length).toBeGreaterThan(30);
  expect(recorder.answers.length).toBeGreaterThan(100);

  const inScripts = Object.entries(secrets).filter(([label]) =>
    label.startsWith('password in the SQL'),
  );
  expect(inScripts).toHaveLength(engines.length);
  for (const [, secret] of inScripts) {
    expect(tables['migrate-hub.sql_texts']).toContain(secret);
  }

  const found: string[] = [];
  for (const [label, secret] of Object.entries(secrets)) {
    expect(secret.length).toBeGreaterThan(15);
    const inSql = label.startsWith('password in the SQL');
    const search = (place: string, text: string) => {
      if (formsOf(secret).some(form => text.includes(form))) {
        found.push(`${label}: ${place}`);
      }
    };
    search('log of the hub', hub.output);
    for (const [table, rows] of Object.entries(tables)) {
      if (inSql && table === 'migrate-hub.sql_texts') continue;
      search(`table ${table}`, rows);
    }
    for (const { path, text } of recorder.answers) {
      if (gives.test(path) || (inSql && showsSql.test(path))) continue;
      search(`answer of ${path}`, text);
    }
  }
  expect([...new Set(found)]).toEqual([]);
});
