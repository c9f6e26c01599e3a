import { ConfigReader } from '@backstage/config';
import { tokenKeysText } from './tokenKeys';

const shared = { connection: { user: 'hub' } };
const own = (connection: unknown) => ({ plugin: { auth: { connection } } });
const staticKeys = {
  auth: { keyStore: { provider: 'static' } },
  backend: { auth: { pluginKeyStore: { type: 'static' } } },
};

it.each<[string, object, RegExp]>([
  ['nothing is said', {}, /people .* and plugins/],
  ['they are in the database', { backend: { database: shared } }, /anybody/],
  [
    'only those of people are not',
    { auth: staticKeys.auth, backend: { database: shared } },
    /tokens for plugins \(backend\.auth\.pluginKeyStore\) are/,
  ],
  ['all are static', staticKeys, /signs no tokens/],
  [
    'the plugin auth has another role',
    { backend: { database: { ...shared, ...own({ user: 'auth' }) } } },
    /signs no tokens/,
  ],
  [
    'it has a database of its own with the same role',
    {
      backend: { database: { ...shared, ...own('postgres://hub@h/auth') } },
    },
    /anybody/,
  ],
])('tells whose keys are where, if %s', (_, config, said) => {
  expect(tokenKeysText(new ConfigReader({ ...config }))).toMatch(said);
});
