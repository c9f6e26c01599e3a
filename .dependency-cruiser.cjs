// The arrows between packages, and between the folders of the backend plugin.
// `npm test -- static` holds the code to them.

const tests =
  '\\.test\\.tsx?$|/__testUtils__/|/testing/|/testUtils|/acceptance/|/faults/|/dev/|/setupTests\\.ts$';

/** Which of our packages each package may import. */
const mayImport = {
  'plugins/migrate-hub-common': [],
  'plugins/migrate-hub-node': ['plugins/migrate-hub-common'],
  'plugins/migrate-hub-backend-module-postgres': [
    'plugins/migrate-hub-common',
    'plugins/migrate-hub-node',
  ],
  'plugins/migrate-hub-backend-module-mysql': [
    'plugins/migrate-hub-common',
    'plugins/migrate-hub-node',
  ],
  'plugins/migrate-hub-backend': [
    'plugins/migrate-hub-common',
    'plugins/migrate-hub-node',
  ],
  'plugins/auth-backend-module-migrate-hub': ['plugins/migrate-hub-common'],
  'plugins/migrate-hub': ['plugins/migrate-hub-common'],
  'packages/app': ['plugins/migrate-hub', 'plugins/migrate-hub-common'],
  'packages/backend': [
    'plugins/migrate-hub-backend',
    'plugins/migrate-hub-backend-module-postgres',
    'plugins/migrate-hub-backend-module-mysql',
    'plugins/auth-backend-module-migrate-hub',
  ],
};

const betweenPackages = Object.entries(mayImport).map(([from, allowed]) => ({
  name: `imports-of-${from.split('/')[1]}`,
  comment: `Of our packages ${from} may import only: ${
    allowed.join(', ') || 'none'
  }.`,
  severity: 'error',
  // A test may put packages together that do not know each other.
  from: { path: `^${from}/`, pathNot: tests },
  to: {
    path: '^(plugins|packages)/',
    pathNot: `^(${[from, ...allowed].join('|')})/`,
  },
}));

const backend = '^plugins/migrate-hub-backend/src';

/** Which folders of the backend plugin each folder may import: downwards only. */
const layers = {
  api: ['services', 'domain'],
  // Claims, heartbeats and logs are its own use cases: it reaches the store without a service.
  executor: ['services', 'domain', 'store', 'crypto/canonical'],
  // Tells others what was committed.
  followers: ['services', 'domain', 'store', 'crypto'],
  services: ['domain', 'store', 'crypto'],
  store: ['domain', 'crypto'],
  // Digests and checksums are rules, too: the canonical form they hash is pure.
  domain: ['crypto/canonical'],
  crypto: [],
};

const betweenLayers = Object.entries(layers).map(([from, allowed]) => ({
  name: `layer-${from}`,
  comment: `In the backend plugin ${from}/ may import only: ${
    allowed.join(', ') || 'none of the other folders'
  }.`,
  severity: 'error',
  from: { path: `${backend}/${from}/`, pathNot: tests },
  to: {
    path: `${backend}/(${Object.keys(layers).join('|')})/`,
    pathNot: `${backend}/(${[from, ...allowed].join('|')})[/.]`,
  },
}));

const modules = names =>
  `(^|/)node_modules/(${names.join('|')})/|^(node:)?(${names.join('|')})$`;

const io = [
  'fs',
  'fs/promises',
  'net',
  'http',
  'https',
  'tls',
  'dns',
  'child_process',
  'worker_threads',
  'os',
  'timers',
  'timers/promises',
];
const sql = ['knex', 'pg', 'mysql2'];
const http = ['express', 'express-promise-router'];

/** What a folder must not reach outside of our code. A type is no dependency at run time. */
const outside = (folder, names, comment) => ({
  name: `${folder}-reaches-outside`,
  comment,
  severity: 'error',
  from: { path: `${backend}/${folder}/`, pathNot: tests },
  to: { path: modules(names), dependencyTypesNot: ['type-only'] },
});

module.exports = {
  forbidden: [
    ...betweenPackages,
    ...betweenLayers,
    outside(
      'domain',
      [...io, ...sql, ...http, '@backstage/backend-[a-z-]+'],
      'domain/ is pure rules: no I/O, no clock, no Knex.',
    ),
    outside('api', sql, 'api/ has no SQL: it calls one service.'),
    outside('executor', http, 'executor/ has no HTTP.'),
    outside('followers', http, 'followers/ answer no requests.'),
    outside('services', http, 'services/ know nothing of HTTP.'),
    outside('store', http, 'store/ knows nothing of HTTP.'),
    {
      name: 'no-circle',
      comment:
        'Files that import each other in a circle cannot be read one by one.',
      severity: 'error',
      from: { path: '^(plugins|packages)/' },
      to: {
        circular: true,
        viaOnly: { dependencyTypesNot: ['type-only'] },
      },
    },
    {
      name: 'not-resolvable',
      comment: 'An import that cannot be followed cannot be checked either.',
      severity: 'error',
      from: { path: '^(plugins|packages)/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|dist-types|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.mts', '.mjs', '.cjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['main', 'module', 'types'],
    },
  },
};
