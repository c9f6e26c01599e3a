import {
  TargetDriver,
  targetDriversExtensionPoint,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import module from './index';

it('registers one driver, for mysql', async () => {
  const drivers: TargetDriver[] = [];
  const [registration] = (
    module as unknown as {
      getRegistrations(): Array<{
        init: { func(deps: object): Promise<void> };
      }>;
    }
  ).getRegistrations();
  await registration.init.func({
    drivers: { addDriver: (driver: TargetDriver) => drivers.push(driver) },
  });
  expect(drivers).toMatchObject([{ engine: 'mysql', defaultPort: 3306 }]);
  expect(targetDriversExtensionPoint.id).toBe('migrate-hub.target-drivers');
});
