import { createExtensionPoint } from '@backstage/backend-plugin-api';
import { TargetDriver } from './TargetDriver';

/** Where a module registers the driver of an engine. @public */
export interface TargetDriversExtensionPoint {
  /** Throws if the engine has a driver already. */
  addDriver(driver: TargetDriver): void;
}

/** @public */
export const targetDriversExtensionPoint =
  createExtensionPoint<TargetDriversExtensionPoint>({
    id: 'migrate-hub.target-drivers',
  });
