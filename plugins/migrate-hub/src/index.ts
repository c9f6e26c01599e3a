/**
 * The pages of migrate-hub, for portals with the legacy frontend system. The
 * new one finds them in `./alpha`.
 *
 * @packageDocumentation
 */
export { migrateHubApiRef } from './api';
export { isMigrateHubAvailable } from './components/catalog/projectOf';
export {
  EntityMigrationsCard,
  EntityMigrationsContent,
  MigrateHubPage,
  MigrateHubWaitingForMe,
  migrateHubPlugin,
} from './plugin';
