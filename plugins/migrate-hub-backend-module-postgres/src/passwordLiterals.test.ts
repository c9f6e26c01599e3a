import { PostgresDriver } from './PostgresDriver';

const driver = PostgresDriver.create();

async function warned(sql: string): Promise<number[]> {
  const { problems } = await driver.plan({
    sql,
    mode: 'auto',
    protectedTables: [],
  });
  const found = problems.filter(({ code }) => code === 'PASSWORD_LITERAL');
  expect(JSON.stringify(problems)).not.toContain('s3cret');
  expect(found.every(({ severity }) => severity === 'warning')).toBe(true);
  return found.map(({ line }) => line);
}

it.each([
  `create role app login password 's3cret'`,
  `ALTER ROLE app WITH LOGIN ENCRYPTED /* is it? */ PASSWORD E's3cret' VALID UNTIL 'infinity'`,
  `create user app in role a, b password $$s3cret$$`,
  `create user mapping for app server s options (user 'u', password 's3cret')`,
  `create subscription s connection 'host=h password=s3cret' publication p with (connect = false)`,
  `create subscription s connection 'postgres://u:s3cret@h/d' publication p with (connect = false)`,
  `select dblink_connect('host=h user=u password=s3cret')`,
])('warns of a password: %s', async sql => {
  expect(await warned(sql)).toEqual([1]);
});

it('names the line of the password, not that of the statement', async () => {
  const sql = `select 1;\ncreate role app\n  login\n  password 's3cret';`;
  expect(await warned(sql)).toEqual([4]);
});

it.each([
  `create role app login`,
  `alter role app password null`,
  `alter role app password 'SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy'`,
  `create table users (password text default '')`,
  `insert into texts values ('choose a password')`,
  `comment on column users.password is 'hashed'`,
])('does not warn of %s', async sql => {
  expect(await warned(sql)).toEqual([]);
});
