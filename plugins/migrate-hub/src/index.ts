/**
 * The pages of migrate-hub, for portals with the legacy frontend system. The
 * new one finds them in `./alpha`.
 *
 * @packageDocumentation
 */
export { migrateHubApiRef } from './api';
export { MigrateHubPage, migrateHubPlugin } from './plugin';
