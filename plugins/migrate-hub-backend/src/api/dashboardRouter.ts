import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** The dashboard. */
export function dashboardRouter(
  contract: ContractRouter,
  { dashboard }: Pick<HubServices, 'dashboard'>,
) {
  const router = Router();
  contract.handle(router, routes.getDashboard, ({ context }) =>
    dashboard.get(context),
  );
  return router;
}
