/**
 * The backend of migrate-hub: metadata store, rules, REST API, executor.
 *
 * @packageDocumentation
 */
export { migrateHubPlugin as default } from './plugin';
export { secretRotationPlugin } from './secretRotationPlugin';
export {
  hubHealthServiceRef,
  type HealthFinding,
  type HubHealthService,
} from './observability/HubHealth';
export { hubRootHealthServiceFactory } from './observability/rootHealth';
