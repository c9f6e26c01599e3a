import { Config } from '@backstage/config';

/** The role of a plugin in the database, as far as the config tells. */
function roleOf(config: Config, plugin: string): string | undefined {
  const database = config.getOptionalConfig('backend.database');
  const own = database?.getOptional<unknown>(`plugin.${plugin}.connection`);
  const shared = database?.getOptional<unknown>('connection');
  return userOf(own) ?? userOf(shared);
}

function userOf(connection: unknown): string | undefined {
  if (typeof connection === 'string') {
    return URL.canParse(connection)
      ? decodeURIComponent(new URL(connection).username)
      : undefined;
  }
  const { user }: { user?: unknown } = Object(connection);
  return typeof user === 'string' ? user : undefined;
}

/** Tokens whose keys stand in a database where the role of the hub writes. */
function exposedTokens(config: Config): string[] {
  if (roleOf(config, 'auth') !== roleOf(config, 'migrate-hub')) return [];
  const inDatabase = (key: string) =>
    (config.getOptionalString(key) ?? 'database') === 'database';
  return [
    ...(inDatabase('auth.keyStore.provider') ? ['people (auth.keyStore)'] : []),
    ...(inDatabase('backend.auth.pluginKeyStore.type')
      ? ['plugins (backend.auth.pluginKeyStore)']
      : []),
  ];
}

/** For operators, in the health of the hub: who could sign in as anybody by writing in a database. */
export function tokenKeysText(config: Config): string {
  const tokens = exposedTokens(config);
  return tokens.length > 0
    ? `the keys of Backstage's tokens for ${tokens.join(
        ' and ',
      )} are in a database that the hub's own role writes: whoever has it signs in as anybody; in production use static key stores, or another role for the plugin auth, see docs/guarantees.md`
    : `whoever writes as the hub's role in the database signs no tokens of Backstage`;
}
