export { MigrateHubPage } from './MigrateHubPage';
