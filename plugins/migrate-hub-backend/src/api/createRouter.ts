import {
  HttpAuthService,
  LoggerService,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import express from 'express';
import Router from 'express-promise-router';
import { HubError } from '../errors';
import { approvalsRouter } from './approvalsRouter';
import { auditEventsRouter } from './auditEventsRouter';
import { authSettingsRouter } from './authSettingsRouter';
import { ContractRouter } from './ContractRouter';
import { dashboardRouter } from './dashboardRouter';
import { dbSetsRouter } from './dbSetsRouter';
import { dbTargetsRouter } from './dbTargetsRouter';
import { environmentsRouter } from './environmentsRouter';
import { errorHandler } from './errorHandler';
import { healthRouter } from './healthRouter';
import { internalRouter } from './internalRouter';
import { logsRouter } from './logsRouter';
import { meRouter } from './meRouter';
import { migrationsRouter } from './migrationsRouter';
import { openapiDocument } from './openapi';
import { projectsRouter } from './projectsRouter';
import { requestScope, scopeOf } from './requestScope';
import { runItemsRouter } from './runItemsRouter';
import { runsRouter } from './runsRouter';
import { secretSettingsRouter } from './secretSettingsRouter';
import { sessionsRouter } from './sessionsRouter';
import { HubServices, IdentityResolver } from './services';
import { usersRouter } from './usersRouter';
import { webhooksRouter } from './webhooksRouter';

export interface RouterOptions {
  logger: LoggerService;
  httpAuth: HttpAuthService;
  permissions: PermissionsService;
  identity: IdentityResolver;
  services: HubServices;
  /** Keyed hash: see {@link ContractRouter}. */
  fingerprint: (bytes: Buffer) => string;
  /** Fires when the backend stops; open streams end then. */
  shutdown: AbortSignal;
}

/**
 * Auth policies to register at Backstage's `httpRouter`.
 *
 * @remarks
 * Backstage would otherwise refuse a call without a token by itself, with
 * neither code nor request id. Below `/v1` every route of the contract asks for
 * credentials on its own; only `openapi.json`, which is no secret, does not.
 */
export const authPolicies = [
  { path: '/v1', allow: 'unauthenticated' },
] as const;

/** Everything that the hub answers over HTTP. */
export function createRouter(options: RouterOptions): express.Router {
  const { services, httpAuth, identity, shutdown } = options;
  const contract = ContractRouter.create(options);

  const v1 = Router();
  const document = openapiDocument();
  v1.get('/openapi.json', (req, res) => {
    scopeOf(req).route = '/openapi.json';
    res.json(document);
  });
  v1.use(meRouter(contract, services));
  v1.use(environmentsRouter(contract, services));
  v1.use(projectsRouter(contract, services));
  v1.use(dbSetsRouter(contract, services));
  v1.use(dbTargetsRouter(contract, services));
  v1.use(migrationsRouter(contract, services));
  v1.use(runsRouter(contract, services));
  v1.use(runItemsRouter(contract, services));
  v1.use(logsRouter(contract, services, { identity, shutdown }));
  v1.use(approvalsRouter(contract, services));
  v1.use(dashboardRouter(contract, services));
  v1.use(auditEventsRouter(contract, services));
  v1.use(usersRouter(contract, services));
  v1.use(sessionsRouter(contract, services));
  v1.use(webhooksRouter(contract, services));
  v1.use(authSettingsRouter(contract, services));
  v1.use(secretSettingsRouter(contract, services));
  v1.use(healthRouter(contract, services));

  const notFound: express.RequestHandler = req => {
    throw new HubError(
      'NOT_FOUND',
      `There is no ${req.method} route with this address. The routes stand in /api/migrate-hub/v1/openapi.json.`,
    );
  };
  const hub = Router();
  hub.use(requestScope(options.logger));
  hub.use('/v1', v1, notFound);
  hub.use('/internal', internalRouter(httpAuth, services), notFound);
  hub.use(errorHandler());
  return hub;
}
