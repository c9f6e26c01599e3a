import {
  plantKey,
  plantSecret,
  plantSigningKey,
  SecretWatch,
} from './SecretWatch';

const found = (watch: SecretWatch): string => {
  try {
    watch.assertNothingFound();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

const secret = plantSecret();

it.each([
  ['as it is', `{"a":"${secret}"}`],
  ['in hex', Buffer.from(`at an odd place: ${secret}`).toString('hex')],
  ...['', 'x', 'xy'].map(before => [
    'in base64',
    Buffer.from(`${before}${secret}!`).toString('base64'),
  ]),
  ['in base64url', Buffer.from(secret).toString('base64url')],
  ['as a key of 32 bytes', plantKey().toString('base64')],
  ['as a signing key', plantSigningKey()],
])('finds what was planted, %s', (_, text) => {
  const watch = SecretWatch.create();
  watch.look('a log', 'nothing');
  expect(found(watch)).toBe('');
  watch.look('a log', text);
  expect(found(watch)).toMatch(/a planted secret in a log/);
  // Told once.
  expect(found(watch)).toBe('');
});

it('finds others that it is told of, but where they may be shown', () => {
  const watch = SecretWatch.create();
  expect(() => watch.add('a word', 'short')).toThrow(/too short/);
  watch.add('a token', 'abcdefghijklm', { shownIn: /sign-in/ });
  watch.look('answer of sign-in', 'abcdefghijklm');
  expect(found(watch)).toBe('');
  watch.look('answer of users', 'abcdefghijklm');
  expect(found(watch)).toMatch(/a token in answer of users/);
  watch.forget('a token');
  watch.look('answer of users', 'abcdefghijklm');
  expect(found(watch)).toBe('');
});
