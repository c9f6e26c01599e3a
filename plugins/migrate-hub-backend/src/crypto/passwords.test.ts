import { hashPassword, verifyPassword } from './passwords';

describe('passwords', () => {
  it('are kept as salted Argon2id and known again', async () => {
    const [one, other] = await Promise.all([
      hashPassword('correct horse'),
      hashPassword('correct horse'),
    ]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(other);
    expect(await verifyPassword(one, 'correct horse')).toBe(true);
    expect(await verifyPassword(one, 'correct horse ')).toBe(false);
  });

  it('refuses every password of an account that has none', async () => {
    expect(await verifyPassword(undefined, '')).toBe(false);
    expect(await verifyPassword(undefined, 'correct horse')).toBe(false);
  });
});
