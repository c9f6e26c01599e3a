import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** Users and their roles. */
export function usersRouter(
  contract: ContractRouter,
  { users }: Pick<HubServices, 'users'>,
) {
  const router = Router();
  contract.handle(router, routes.listUsers, ({ context, query }) =>
    users.list(context, query),
  );
  contract.handle(router, routes.updateUser, ({ context, params, body }) =>
    users.update(context, params.id, body),
  );
  contract.handle(router, routes.createUser, ({ context, body }) =>
    users.create(context, body),
  );
  contract.handle(router, routes.eraseUser, ({ context, params }) =>
    users.erase(context, params.id),
  );
  contract.handle(router, routes.setOneTimePassword, ({ context, params }) =>
    users.setOneTimePassword(context, params.id),
  );
  return router;
}
