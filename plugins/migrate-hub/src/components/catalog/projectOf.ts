import { Entity } from '@backstage/catalog-model';

/** The annotation that ties an entity to a project of the hub. */
export const PROJECT_ANNOTATION = 'migrate-hub/project';

/** The key of the entity's project. */
export const projectOf = (entity: Entity): string | undefined =>
  entity.metadata.annotations?.[PROJECT_ANNOTATION];

/** Whether an entity has migrations: for the conditions of entity pages. @public */
export const isMigrateHubAvailable = (entity: Entity): boolean =>
  projectOf(entity) !== undefined;
