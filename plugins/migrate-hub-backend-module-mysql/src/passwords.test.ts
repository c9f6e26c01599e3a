import { authPlugins, Connection } from 'mysql2';
import { TlsOptions } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { passwordRules } from './passwords';

const SCRAMBLE = Buffer.alloc(21, 7);
const FULL_AUTHENTICATION = Buffer.from([4]);

/** What the client answers to a server that asks for the password itself. */
function answerTo(
  plugin: 'caching_sha2_password' | 'sha256_password',
  line: { host: string; tls: TlsOptions; isLoopback: boolean },
): string {
  const rules = passwordRules(line);
  const make = rules.authPlugins?.[plugin] ?? authPlugins[plugin]();
  const connection = {
    config: { password: 'S3cret-Word', ssl: { any: true } },
  } as unknown as Connection;
  const answer = make({ connection, command: '' });
  try {
    answer(SCRAMBLE);
    if (plugin === 'caching_sha2_password') {
      return String(answer(FULL_AUTHENTICATION));
    }
    return 'asked for the key';
  } catch (error) {
    return String((error as { code?: string }).code);
  }
}

describe('a password is not told to whoever answers', () => {
  const REFUSED = 'MIGRATE_HUB_INSECURE_PASSWORD';

  it.each<[string, TlsOptions, boolean]>([
    ['without TLS', { mode: 'disable' }, false],
    ['over TLS that nobody checked', { mode: 'require' }, false],
    ['over TLS of any authority of the world', { mode: 'verify-ca' }, false],
  ])('%s', (_, tls, isLoopback) => {
    const line = { host: 'db.example.com', tls, isLoopback };
    expect(answerTo('caching_sha2_password', line)).toBe(REFUSED);
    expect(answerTo('sha256_password', line)).toBe(REFUSED);
    expect(passwordRules(line).enableCleartextPlugin).toBeUndefined();
  });

  it.each<[string, TlsOptions, boolean]>([
    ['over verified TLS', { mode: 'verify-full' }, false],
    [
      'over TLS of an authority that was named',
      { mode: 'verify-ca', ca: 'PEM' },
      false,
    ],
    ['on this machine', { mode: 'disable' }, true],
    [
      'where the target says so',
      { mode: 'require', allowInsecurePassword: true },
      false,
    ],
  ])('but is %s', (_, tls, isLoopback) => {
    const line = { host: 'db.example.com', tls, isLoopback };
    expect(answerTo('caching_sha2_password', line)).toContain('S3cret-Word');
  });

  it('nor to an address whose certificate was not seen', () => {
    const line = {
      host: '192.0.2.1',
      tls: { mode: 'verify-full' as const },
      isLoopback: false,
    };
    expect(answerTo('caching_sha2_password', line)).toBe(REFUSED);
  });

  it('in clear only over verified TLS, not even on this machine', () => {
    const cleartext = (tls: TlsOptions) => {
      const rules = passwordRules({
        host: 'db.example.com',
        tls,
        isLoopback: true,
      });
      return rules.enableCleartextPlugin === true;
    };
    expect(cleartext({ mode: 'disable', allowInsecurePassword: true })).toBe(
      false,
    );
    expect(cleartext({ mode: 'verify-full' })).toBe(true);
  });
});
