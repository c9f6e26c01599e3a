import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** The keys that encrypt secrets, never the keys themselves. */
export function secretSettingsRouter(
  contract: ContractRouter,
  { secretRotation }: Pick<HubServices, 'secretRotation'>,
) {
  const router = Router();
  contract.handle(router, routes.getSecretSettings, ({ context }) =>
    secretRotation.settings(context),
  );
  return router;
}
