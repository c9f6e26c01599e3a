import { ConfigReader } from '@backstage/config';
import { readQueryTimeoutMs } from './Database';

const read = (queryTimeoutSeconds?: number) =>
  readQueryTimeoutMs(
    new ConfigReader({ migrateHub: { limits: { queryTimeoutSeconds } } }),
  );

it.each([0, -1])('a limit of %p seconds for queries is refused', seconds => {
  expect(() => read(seconds)).toThrow(
    'migrateHub.limits.queryTimeoutSeconds must be more than 0',
  );
});

it('any other counts, in milliseconds, and none is the default', () => {
  expect(read(0.5)).toBe(500);
  expect(read()).toBeUndefined();
});
