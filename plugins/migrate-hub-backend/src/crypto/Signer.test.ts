import { ConfigReader } from '@backstage/config';
import { generateKeyPairSync } from 'crypto';
import { Signer } from './Signer';

const bytes = Buffer.from('what was approved');
const der = () =>
  generateKeyPairSync('ed25519')
    .privateKey.export({ format: 'der', type: 'pkcs8' })
    .toString('base64');
const pem = () =>
  generateKeyPairSync('ed25519')
    .privateKey.export({ format: 'pem', type: 'pkcs8' })
    .toString();
const signer = (...keys: { id: string; [field: string]: string }[]) =>
  Signer.fromConfig(new ConfigReader({ migrateHub: { signing: { keys } } }));

describe('the signer', () => {
  it.each([
    ['base64 DER', der],
    ['PEM', pem],
  ])('signs with a key in %s and knows its signature again', (_, make) => {
    const mine = signer({ id: '1', privateKey: make() });
    const { keyId, signature } = mine.sign(bytes);
    expect(keyId).toBe(mine.currentKeyId);
    expect(mine.verify(keyId, bytes, signature)).toBe(true);
    expect(mine.verify(keyId, Buffer.from('more'), signature)).toBe(false);
    expect(mine.verify('other', bytes, signature)).toBe(false);
    const stranger = signer({ id: '1', privateKey: make() });
    expect(stranger.verify(keyId, bytes, signature)).toBe(false);
  });

  it('still knows what an older key signed', () => {
    const old = { id: 'old', privateKey: der() };
    const { keyId, signature } = signer(old).sign(bytes);
    const rotated = signer({ id: 'new', privateKey: der() }, old);
    expect(rotated.currentKeyId).toBe('new');
    expect(rotated.verify(keyId, bytes, signature)).toBe(true);
  });

  it('verifies with a public key alone, and tells what a lost key signed', () => {
    const old = { id: 'old', privateKey: der() };
    const { keyId, signature } = signer(old).sign(bytes);
    const [{ publicKey }] = signer(old).verificationKeys;
    const asDer = publicKey.replace(/-----.*-----|\s/g, '');
    for (const text of [publicKey, asDer]) {
      const since = '2026-02-01T00:00:00Z';
      const rotated = signer(
        { id: 'new', privateKey: der() },
        { id: 'old', publicKey: text, compromisedSince: since },
      );
      expect(rotated.verify(keyId, bytes, signature)).toBe(true);
      const compromised = (at: string) =>
        rotated.isCompromised('old', new Date(at));
      expect(compromised('2026-01-31T23:59:59Z')).toBe(false);
      expect(compromised(since)).toBe(true);
      expect(rotated.isCompromised('new', new Date())).toBe(false);
    }
    expect(() => signer({ id: 'old', publicKey })).toThrow(
      /needs a privateKey/,
    );
    expect(() => signer({ ...old, compromisedSince: '2026-02-01' })).toThrow(
      /no compromisedSince/,
    );
    expect(() => signer({ ...old, compromisedSince: 'lately' })).toThrow(
      /keys\[0\].*no time/,
    );
  });

  it.each([
    ['nothing', undefined],
    ['something else', 'bm90IGEga2V5'],
    [
      'a key of another kind',
      generateKeyPairSync('ec', { namedCurve: 'P-256' })
        .privateKey.export({ format: 'der', type: 'pkcs8' })
        .toString('base64'),
    ],
  ])('does not start with %s, and names the setting', (_, privateKey) => {
    const keys = privateKey ? [{ id: '1', privateKey }] : undefined;
    const config = new ConfigReader({
      migrateHub: { signing: keys ? { keys } : {} },
    });
    expect(() => Signer.fromConfig(config)).toThrow(
      /^migrateHub\.signing\.keys.*openssl genpkey/,
    );
  });
});
