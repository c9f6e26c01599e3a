import { createExtensionPoint } from '@backstage/backend-plugin-api';
import { SecretStore } from './SecretStore';
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

/** Where a module registers a place that keeps passwords of targets. @public */
export interface SecretStoresExtensionPoint {
  /** Throws if there is a store of that name already. */
  addStore(store: SecretStore): void;
}

/** @public */
export const secretStoresExtensionPoint =
  createExtensionPoint<SecretStoresExtensionPoint>({
    id: 'migrate-hub.secret-stores',
  });
