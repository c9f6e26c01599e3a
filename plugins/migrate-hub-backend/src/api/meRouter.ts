import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** Who is calling. */
export function meRouter(
  contract: ContractRouter,
  { users }: Pick<HubServices, 'users'>,
) {
  const router = Router();
  contract.handle(router, routes.getMe, ({ context }) => users.me(context));
  return router;
}
