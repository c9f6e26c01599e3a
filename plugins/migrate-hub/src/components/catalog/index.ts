export { EntityMigrations } from './EntityMigrations';
export { EntityMigrationsCard } from './EntityMigrationsCard';
export { WaitingForMe } from './WaitingForMe';
