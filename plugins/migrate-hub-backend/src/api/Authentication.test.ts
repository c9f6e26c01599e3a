import {
  BackstageCredentials,
  HttpAuthService,
} from '@backstage/backend-plugin-api';
import { mockCredentials } from '@backstage/backend-test-utils';
import { Request } from 'express';
import { Authentication } from './Authentication';

let verified: number;
let answer: BackstageCredentials;
let passed: number;
let authentication: Authentication;

const request = (token: string) =>
  ({ headers: { authorization: `Bearer ${token}` } } as Request);

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000);

beforeEach(() => {
  verified = 0;
  passed = 0;
  const now = performance.now();
  jest.spyOn(performance, 'now').mockImplementation(() => now + passed);
  answer = { ...mockCredentials.user(), expiresAt: inSeconds(3_600) };
  authentication = Authentication.create({
    credentials: async () => {
      verified += 1;
      return answer;
    },
  } as unknown as HttpAuthService);
});

afterEach(() => {
  jest.restoreAllMocks();
});

/** How often two requests with this token, so far apart, have it verified. */
async function verifications(seconds: number): Promise<number> {
  await authentication.verifyLately(request('one'));
  passed += seconds * 1000;
  await authentication.verifyLately(request('one'));
  return verified;
}

it('for reading, a token counts for five seconds, and no longer', async () => {
  expect(await verifications(4.9)).toBe(1);
  passed += 100;
  await authentication.verifyLately(request('one'));
  expect(verified).toBe(2);
});

it('another token is verified at once', async () => {
  await authentication.verifyLately(request('one'));
  await authentication.verifyLately(request('two'));
  await authentication.verifyLately({ headers: {} } as Request);
  expect(verified).toBe(3);
});

it('one that is over does not count', async () => {
  answer = { ...answer, expiresAt: inSeconds(2) };
  expect(await verifications(2)).toBe(2);
});

it.each([
  [
    'through a plugin',
    {
      principal: {
        ...mockCredentials.user().principal,
        actor: mockCredentials.service('plugin:other').principal,
      },
    },
  ],
  ['of a service', mockCredentials.service()],
  ['without an end', { expiresAt: undefined }],
])('one %s is verified each time', async (_, other) => {
  answer = { ...answer, ...(other as object) };
  expect(await verifications(1)).toBe(2);
});

it('for anything but reading it is verified each time', async () => {
  await authentication.verifyLately(request('one'));
  await authentication.verify(request('one'));
  expect(verified).toBe(2);
});
