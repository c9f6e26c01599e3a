import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** Environments and their policies. */
export function environmentsRouter(
  contract: ContractRouter,
  { environments }: Pick<HubServices, 'environments'>,
) {
  const router = Router();
  contract.handle(router, routes.listEnvironments, () => environments.list());
  contract.handle(
    router,
    routes.getEnvironmentSettings,
    ({ context, params }) => environments.get(context, params.name),
  );
  contract.handle(
    router,
    routes.updateEnvironmentSettings,
    ({ context, params, body }) =>
      environments.update(context, params.name, body),
  );
  contract.handle(
    router,
    routes.previewEnvironmentSettings,
    ({ context, params, body }) =>
      environments.preview(context, params.name, body.policy),
  );
  contract.handle(
    router,
    routes.decideEnvironmentProposal,
    ({ context, params, body }) =>
      environments.decide(context, params.name, body),
  );
  return router;
}
