import { ConfigReader } from '@backstage/config';
import { assertSecureBaseUrl } from './assertSecureBaseUrl';

describe('the addresses of a portal in production', () => {
  const check = (
    options: { app?: string; backend?: string; allowed?: boolean },
    nodeEnv = 'production',
    authEnvironment = 'development',
  ) =>
    assertSecureBaseUrl(
      new ConfigReader({
        app: { baseUrl: options.app ?? 'https://portal.example.com' },
        backend: { baseUrl: options.backend ?? 'https://portal.example.com' },
        auth: { environment: authEnvironment },
        migrateHub: { allowInsecureBaseUrl: options.allowed },
      }),
      { nodeEnv },
    );

  it('are https, or the backend does not start and says which is not', () => {
    expect(() => check({})).not.toThrow();
    for (const key of ['app', 'backend']) {
      for (const url of ['http://portal.example.com', 'http://localhost']) {
        expect(() => check({ [key]: url })).toThrow(
          `${key}.baseUrl must begin with https://`,
        );
      }
    }
  });

  it('are also checked where only the sign-in is set to production', () => {
    const plain = { app: 'http://portal.example.com' };
    expect(() => check(plain, 'development', 'production')).toThrow('https');
    expect(() => check(plain, 'development')).not.toThrow();
  });

  it('may be plain where the config says so', () => {
    const plain = { app: 'http://a.example', backend: 'http://b.example' };
    expect(() => check({ ...plain, allowed: true })).not.toThrow();
    expect(() => check({ ...plain, allowed: false })).toThrow(
      'migrateHub.allowInsecureBaseUrl',
    );
  });
});
