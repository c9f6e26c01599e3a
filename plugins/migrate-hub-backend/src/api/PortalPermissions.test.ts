import { mockCredentials } from '@backstage/backend-test-utils';
import {
  AuthorizeResult,
  BasicPermission,
  createPermission,
} from '@backstage/plugin-permission-common';
import { PortalPermissions } from './PortalPermissions';

const permission: BasicPermission = createPermission({
  name: 'migrate-hub.run.read',
  attributes: { action: 'read' },
});
const credentials = mockCredentials.user();

let result: AuthorizeResult.ALLOW | AuthorizeResult.DENY;
let asked: number;
let passed: number;
let portal: PortalPermissions;

beforeEach(() => {
  result = AuthorizeResult.ALLOW;
  asked = 0;
  passed = 0;
  const now = performance.now();
  jest.spyOn(performance, 'now').mockImplementation(() => now + passed);
  portal = PortalPermissions.create({
    authorize: async () => {
      asked += 1;
      return [{ result }];
    },
    authorizeConditional: async () => {
      throw new Error('not asked for');
    },
  });
});

afterEach(() => {
  jest.restoreAllMocks();
});

it('what was given for reading lasts for five seconds, and no longer', async () => {
  expect(await portal.gaveLately(credentials, permission, 'one')).toBe(true);
  result = AuthorizeResult.DENY;
  passed = 4_999;
  expect(await portal.gaveLately(credentials, permission, 'one')).toBe(true);
  expect(asked).toBe(1);
  passed = 5_000;
  expect(await portal.gaveLately(credentials, permission, 'one')).toBe(false);
});

it('is given to that token and that permission alone', async () => {
  await portal.gaveLately(credentials, permission, 'one');
  result = AuthorizeResult.DENY;
  expect(await portal.gaveLately(credentials, permission, 'two')).toBe(false);
  const other = { ...permission, name: 'migrate-hub.audit.read' };
  expect(await portal.gaveLately(credentials, other, 'one')).toBe(false);
  expect(await portal.gaveLately(credentials, permission, undefined)).toBe(
    false,
  );
});

it('what was denied is asked again at once', async () => {
  result = AuthorizeResult.DENY;
  expect(await portal.gaveLately(credentials, permission, 'one')).toBe(false);
  result = AuthorizeResult.ALLOW;
  expect(await portal.gaveLately(credentials, permission, 'one')).toBe(true);
});

it('for anything but reading it is asked each time', async () => {
  await portal.gaveLately(credentials, permission, 'one');
  result = AuthorizeResult.DENY;
  expect(await portal.gives(credentials, permission)).toBe(false);
});
