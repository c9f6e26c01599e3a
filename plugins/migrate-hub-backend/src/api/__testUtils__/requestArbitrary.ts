import {
  Route,
  RouteName,
  routes,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import fc, { Arbitrary } from 'fast-check';
import { ApiWorld, CallerName } from './ApiWorld';
import { arbitraryOf, Known } from './arbitraryOf';
import { Current, Kind, Picked } from './Picked';

/** What to break in a request that would be valid. */
export interface Fault {
  part: 'params' | 'query' | 'body';
  how: 'replace' | 'remove' | 'add';
  /** Which field, counted round. */
  field: number;
  value: unknown;
}

/** A request, valid unless it has a fault or happens to break a finer rule. */
export interface FuzzRequest {
  caller: CallerName;
  route: RouteName;
  params: unknown;
  query: unknown;
  body: unknown;
  idempotencyKey: string | undefined;
  fault: Fault | undefined;
}

/** By the first word of the path. */
const kindOf: Record<string, Kind> = {
  'db-sets': 'dbSet',
  'db-targets': 'dbTarget',
  migrations: 'migration',
  projects: 'project',
  'run-items': 'runItem',
  runs: 'run',
  sessions: 'session',
  users: 'user',
  webhooks: 'webhook',
};

/** Often the first, so that what belongs together is asked for together. */
const picked = (kind: Kind) =>
  fc.oneof(fc.constant(0), fc.nat(1000)).map(index => new Picked(kind, index));

const mostly = (usual: Arbitrary<unknown>, rare: Arbitrary<unknown>) =>
  fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: rare });

const scripts = fc.constantFrom(
  'select 1;',
  'create table fuzz (id int);\ninsert into fuzz values (1);',
  'create index concurrently fuzz_id on fuzz (id)',
  'begin; select 1; commit;',
  'commit; drop table migrations;',
  "select 'unterminated",
  '-- nothing but a comment',
  '',
);

/** The entity that the path names. */
function knownInPath(kind: Kind): Known {
  const one = mostly(
    picked(kind),
    kind === 'project' ? fc.string() : fc.uuid(),
  );
  return field => (field === 'id' || field === 'key' ? one : undefined);
}

/** The environment that the path names. */
const knownInSettings: Known = field =>
  field === 'name'
    ? mostly(fc.constantFrom('daily', 'stg', 'prd'), fc.constant('moon'))
    : undefined;

/** What an admin may set, a little stricter or weaker each time. */
const policies = fc
  .record({ parallelism: fc.integer({ min: 1, max: 9 }) })
  .map(rules => ({
    requestRoles: ['user', 'manager', 'admin'],
    approveRoles: ['manager', 'admin'],
    executeRoles: ['user', 'manager', 'admin'],
    resolveRoles: ['manager', 'admin'],
    approvalsRequired: 1,
    selfApproval: false,
    lockTimeoutSeconds: 60,
    statementTimeoutSeconds: 3600,
    ...rules,
  }));

/** Fields that mean something in this world. */
function knownIn(world: ApiWorld): Known {
  const { host, port, database, username, password } = world.connection;
  const fields: Record<string, Arbitrary<unknown>> = {
    dbSetId: mostly(picked('dbSet'), fc.uuid()),
    dbSetIds: mostly(picked('dbSet'), fc.uuid()),
    targetIds: mostly(picked('dbTarget'), fc.uuid()),
    project: mostly(picked('project'), fc.constant('no-such-project')),
    item: picked('runItem'),
    user: mostly(picked('user'), fc.uuid()),
    migration: picked('migration'),
    digest: mostly(
      fc.constant(new Current('digest')),
      fc.constant('0'.repeat(64)),
    ),
    expectedRevision: mostly(
      fc.constant(new Current('revision')),
      fc.integer(),
    ),
    expectedVersion: mostly(fc.constant(new Current('version')), fc.integer()),
    environment: mostly(
      fc.constantFrom('stg', 'stg', 'daily', 'prd'),
      fc.constant('moon'),
    ),
    policy: mostly(policies, fc.jsonValue({ maxDepth: 1 })),
    engine: mostly(fc.constant('postgres'), fc.constant('mysql')),
    sql: mostly(scripts, fc.string()),
    sqlUp: mostly(scripts, fc.string()),
    sqlDown: mostly(scripts, fc.string()),
    // Nobody sends anything there: no feed is running.
    url: fc.constantFrom(
      'https://hooks.example.com/hub',
      'http://169.254.169.254/',
      'ftp://nowhere.invalid',
    ),
    // Nothing but the test server is ever called.
    host: fc.constantFrom(host, 'nowhere.invalid'),
    port: fc.constantFrom(port, 1),
    database: mostly(fc.constant(database), fc.string({ minLength: 1 })),
    username: mostly(fc.constant(username), fc.string({ minLength: 1 })),
    password: mostly(fc.constant(password), fc.string()),
    cursor: mostly(
      fc.constant(undefined),
      fc.oneof(fc.string(), fc.base64String()),
    ),
  };
  return field => (Object.hasOwn(fields, field) ? fields[field] : undefined);
}

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    '',
    ' ',
    '\u0000',
    '\ud800',
    -1,
    2 ** 53,
    1e308,
    true,
    [],
    {},
    '__proto__',
    "' or 1=1 --",
    '%00',
    'x'.repeat(20_000),
    Array(300).fill('x'),
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

const rarely = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary },
  );

const fault: Arbitrary<Fault> = fc.record({
  part: fc.constantFrom<Fault['part'][]>('params', 'query', 'body', 'body'),
  how: fc.constantFrom<Fault['how'][]>('replace', 'replace', 'remove', 'add'),
  field: fc.nat(20),
  value: odd,
});

const callers = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom<CallerName[]>('author', 'manager', 'admin'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<CallerName[]>(
      'anonymous',
      'disabled',
      'user',
      'service',
      'plugin',
    ),
  },
);

/** Requests over the whole contract, valid and broken. */
export function requestArbitrary(world: ApiWorld): Arbitrary<FuzzRequest> {
  const known = knownIn(world);
  const part = (schema: Route['body'], fields: Known): Arbitrary<unknown> =>
    schema ? arbitraryOf(schema, fields) : fc.constant({});
  const each = Object.entries<Route>(routes).map(([name, route]) => {
    const kind = kindOf[route.path.split('/')[1]];
    const inPath = route.path.startsWith('/settings/environments')
      ? knownInSettings
      : known;
    const request = fc.record({
      caller: callers,
      route: fc.constant(name as RouteName),
      params: part(route.params, kind ? knownInPath(kind) : inPath),
      query: part(route.query, known),
      body: part(route.body, known),
      idempotencyKey: rarely(fc.constantFrom('one', 'two')),
      fault: rarely(fault),
    });
    // What changes something is asked more often than what only reads.
    return { weight: route.method === 'GET' ? 1 : 2, arbitrary: request };
  });
  return fc.oneof(...each);
}
