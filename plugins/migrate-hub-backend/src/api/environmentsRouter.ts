import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { policyText } from '../domain/policy';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** Environments and their policies. */
export function environmentsRouter(
  contract: ContractRouter,
  { environments }: Pick<HubServices, 'environments'>,
) {
  const router = Router();
  contract.handle(router, routes.listEnvironments, async () =>
    environments.list().map(({ name, policy }) => ({
      name,
      policy,
      policyText: policyText(name, policy),
    })),
  );
  return router;
}
