import { accountRoutes } from './accountRoutes';
import { environmentRoutes } from './environmentRoutes';
import { inventoryRoutes } from './inventoryRoutes';
import { migrationRoutes } from './migrationRoutes';
import { recordRoutes } from './recordRoutes';
import { runRoutes } from './runRoutes';
import { Route } from './Route';
import { webhookRoutes } from './webhookRoutes';

export type { Route } from './Route';

/** Every route of the public API by name. @public */
export const routes = {
  ...accountRoutes,
  ...environmentRoutes,
  ...inventoryRoutes,
  ...migrationRoutes,
  ...runRoutes,
  ...recordRoutes,
  ...webhookRoutes,
} satisfies Record<string, Route>;

/** @public */
export type RouteName = keyof typeof routes;
