/**
 * The PostgreSQL target driver of migrate-hub.
 *
 * @packageDocumentation
 */
export { migrateHubModulePostgres as default } from './module';
export { PostgresDriver } from './PostgresDriver';
