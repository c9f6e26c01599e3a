import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** Projects. */
export function projectsRouter(
  contract: ContractRouter,
  { projects }: Pick<HubServices, 'projects'>,
) {
  const router = Router();
  contract.handle(router, routes.listProjects, ({ context, query }) =>
    projects.list(context, query),
  );
  contract.handle(router, routes.createProject, ({ context, body }) =>
    projects.create(context, body),
  );
  contract.handle(router, routes.getProject, ({ context, params }) =>
    projects.get(context, params.key),
  );
  contract.handle(router, routes.updateProject, ({ context, params, body }) =>
    projects.update(context, params.key, body),
  );
  return router;
}
