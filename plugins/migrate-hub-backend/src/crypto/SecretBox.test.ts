import { ConfigReader } from '@backstage/config';
import { randomBytes } from 'crypto';
import * as fc from 'fast-check';
import { SecretBinding, SecretBox } from './SecretBox';

const binding: SecretBinding = {
  id: '01890000-0000-7000-8000-000000000000',
  engine: 'postgres',
  host: 'db.example.com',
  port: 5432,
  username: 'app',
  tls: { mode: 'verify-full' },
};
const key = (id: string) => ({ id, key: randomBytes(32) });

describe('the secret box', () => {
  it('gives back what was put in, and never the same ciphertext', () => {
    const box = SecretBox.create([key('1')]);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), secret => {
        const [one, two] = [
          box.seal(secret, binding),
          box.seal(secret, binding),
        ];
        expect(one).not.toBe(two);
        expect(one).toMatch(/^v1\.1\.[\w-]{16}\.[\w-]+$/);
        expect(box.open(one, binding)).toBe(secret);
        expect(box.open(two, binding)).toBe(secret);
        expect(SecretBox.holdsText(one)).toBe(secret !== '');
      }),
    );
  });

  it.each<[string, Partial<SecretBinding>]>([
    ['another target', { id: '01890000-0000-7000-8000-000000000001' }],
    ['another engine', { engine: 'mysql' }],
    ['another host', { host: 'db.example.org' }],
    ['another port', { port: 5433 }],
    ['another login', { username: 'root' }],
    ['weaker TLS', { tls: { mode: 'require' } }],
    ['another authority', { tls: { mode: 'verify-full', ca: 'mine' } }],
  ])('opens for nothing else: %s', (_, change) => {
    const box = SecretBox.create([key('1')]);
    const sealed = box.seal('secret', binding);
    expect(() => box.open(sealed, { ...binding, ...change })).toThrow(
      expect.objectContaining({ code: 'PASSWORD_REQUIRED' }),
    );
  });

  it('opens nothing that was touched', () => {
    const box = SecretBox.create([key('1')]);
    const sealed = box.seal('secret', binding);
    const data = sealed.lastIndexOf('.') + 1;
    for (let at = data; at < sealed.length - 1; at += 1) {
      const other = sealed[at] === 'A' ? 'B' : 'A';
      const touched = sealed.slice(0, at) + other + sealed.slice(at + 1);
      expect(() => box.open(touched, binding)).toThrow(/Type the password/);
    }
    expect(() => box.open('', binding)).toThrow(/Type the password/);
  });

  it('opens with old keys and seals with the first', () => {
    const [old, young] = [key('2025'), key('2026')];
    const sealed = SecretBox.create([old]).seal('secret', binding);
    const both = SecretBox.create([young, old]);
    expect(both.open(sealed, binding)).toBe('secret');
    expect(both.seal('secret', binding)).toMatch(/^v1\.2026\./);
    expect(() => SecretBox.create([young]).open(sealed, binding)).toThrow(
      /not configured any more/,
    );
  });

  it.each([
    ['no key', {}, /migrateHub\.secrets\.keys is not set.*openssl/],
    [
      'a short key',
      {
        keys: [
          { id: '1', key: Buffer.from('short-secret').toString('base64') },
        ],
      },
      /migrateHub\.secrets\.keys\[0\]\.key must be 32 bytes.*12/,
    ],
    [
      'an empty key',
      { keys: [{ id: '1', key: '' }] },
      /migrateHub\.secrets\.keys\[0\]\.key/,
    ],
    [
      'an id with a dot',
      { keys: [{ id: 'a.b', key: randomBytes(32).toString('base64') }] },
      /migrateHub\.secrets\.keys\[0\]\.id/,
    ],
  ])('does not start with %s, and names the setting', (_, secrets, message) => {
    const config = new ConfigReader({ migrateHub: { secrets } });
    const start = () => SecretBox.fromConfig(config);
    expect(start).toThrow(message);
    expect(start).not.toThrow(/c2hvcnQ|short-secret/);
  });
});
