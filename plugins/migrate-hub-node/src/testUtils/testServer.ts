/** A database server that tests may make databases on. @public */
export interface TestServer {
  name: TestServerName;
  host: string;
  port: number;
  username: string;
  password: string;
}

/** @public */
export type TestServerName = 'postgres' | 'mariadb' | 'mysql';

/**
 * The real server of that name, from the environment variable
 * `MIGRATE_HUB_TEST_<NAME>` that `npm test` sets.
 *
 * @remarks
 * Undefined if the engine stands in `MIGRATE_HUB_TEST_SKIP`: it cannot be had
 * on this machine, and its tests count as skipped. A variable that is merely
 * missing throws, so that an engine never goes untested unnoticed.
 *
 * @public
 */
export function testServer(name: TestServerName): TestServer | undefined {
  const skipped = (process.env.MIGRATE_HUB_TEST_SKIP ?? '')
    .split(',')
    .map(engine => engine.trim());
  if (skipped.includes(name)) {
    return undefined;
  }
  const variable = `MIGRATE_HUB_TEST_${name.toUpperCase()}`;
  const value = process.env[variable];
  if (!value) {
    throw new Error(
      `${variable} is not set: run the tests with 'npm test', which starts a ${name} server, or name a server of your own in it`,
    );
  }
  const url = new URL(value);
  return {
    name,
    host: url.hostname,
    port: Number(url.port),
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
}
