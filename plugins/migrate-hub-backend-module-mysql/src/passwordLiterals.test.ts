import { planScript } from './plan';

async function warned(sql: string): Promise<number[]> {
  const { problems } = await planScript({
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
  `CREATE USER 'app'@'%' IDENTIFIED BY 's3cret'`,
  `create user app identified with caching_sha2_password by "s3cret"`,
  `ALTER USER app IDENTIFIED /* so */ BY 's3cret' REPLACE 'old' RETAIN CURRENT PASSWORD`,
  `GRANT SELECT ON a.* TO app@localhost IDENTIFIED BY 's3cret'`,
  `GRANT SELECT ON a.* TO app IDENTIFIED VIA mysql_native_password USING PASSWORD('s3cret')`,
  `SET PASSWORD = 's3cret'`,
  `SET PASSWORD FOR 'app'@'%' = 's3cret'`,
  `SET PASSWORD FOR app = PASSWORD('s3cret')`,
  `CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'h', SOURCE_PASSWORD = 's3cret'`,
  `CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (USER 'u', PASSWORD 's3cret')`,
  `CREATE TABLE f (id int) ENGINE = FEDERATED CONNECTION = 'mysql://u:s3cret@h/d/t'`,
])('warns of a password: %s', async sql => {
  expect(await warned(sql)).toEqual([1]);
});

it('names the line of the password, not that of the statement', async () => {
  const sql = `select 1;\ncreate user app\n  identified\n  by 's3cret';`;
  expect(await warned(sql)).toEqual([4]);
});

it.each([
  `CREATE USER app IDENTIFIED BY RANDOM PASSWORD`,
  `CREATE USER app IDENTIFIED WITH auth_socket`,
  `CREATE TABLE users (password varchar(60) DEFAULT '')`,
  `UPDATE users SET password = 'hash' WHERE id = 1`,
  `ALTER TABLE t PARTITION BY KEY (id)`,
  `CREATE TABLE t (a int) COMMENT 'password'`,
  `SET @by = 'x'`,
])('does not warn of %s', async sql => {
  expect(await warned(sql)).toEqual([]);
});
