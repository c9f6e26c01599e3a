/**
 * MySQL and MariaDB target driver of migrate-hub.
 *
 * @packageDocumentation
 */
export { migrateHubModuleMysql as default } from './module';
export { MySqlDriver } from './MySqlDriver';
