import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** How the hub is, for admins. */
export function healthRouter(
  contract: ContractRouter,
  { healthReports }: Pick<HubServices, 'healthReports'>,
) {
  const router = Router();
  contract.handle(router, routes.getHealth, ({ context }) =>
    healthReports.read(context),
  );
  return router;
}
