/**
 * Sign-in with server-side sessions for migrate-hub, a module of Backstage's
 * auth plugin.
 *
 * @packageDocumentation
 */
export { authModuleMigrateHub as default } from './module';
