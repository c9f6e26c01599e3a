import { Config } from '@backstage/config';

/**
 * In production every address is https: without it, cookies and tokens travel
 * in clear.
 *
 * @throws Error that names the setting, at start-up.
 */
export function assertSecureBaseUrl(
  config: Config,
  environment: { nodeEnv?: string },
): void {
  const production =
    environment.nodeEnv === 'production' ||
    config.getOptionalString('auth.environment') === 'production';
  const allowed =
    config.getOptionalBoolean('migrateHub.allowInsecureBaseUrl') ?? false;
  if (!production || allowed) return;
  for (const key of ['app.baseUrl', 'backend.baseUrl']) {
    if (new URL(config.getString(key)).protocol === 'https:') continue;
    throw new Error(
      `${key} must begin with https:// in production: sign-in would send cookies and tokens in clear. To try it out without, set migrateHub.allowInsecureBaseUrl: true.`,
    );
  }
}
