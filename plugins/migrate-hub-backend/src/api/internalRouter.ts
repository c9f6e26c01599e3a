import { HttpAuthService } from '@backstage/backend-plugin-api';
import {
  googleSignInRequestSchema,
  localSignInRequestSchema,
  sessionRefreshRequestSchema,
  sessionRevokeRequestSchema,
  signInFailureSchema,
  upstreamReportSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Request } from 'express';
import Router from 'express-promise-router';
import { z } from 'zod';
import { HubError } from '../errors';
import { readJsonBody } from './requestBody';
import { scopeOf } from './requestScope';
import { HubServices } from './services';
import { validate } from './validate';

/** The only caller: the auth plugin, with its own plugin token. */
const AUTH_PLUGIN = 'plugin:auth';

/** Between the auth module and the hub. No part of the public contract. */
export function internalRouter(
  httpAuth: HttpAuthService,
  services: Pick<
    HubServices,
    'sessions' | 'localSignIn' | 'googleSignIn' | 'signInLog'
  >,
) {
  const { sessions, localSignIn, googleSignIn, signInLog } = services;
  const router = Router();

  async function read<T extends z.ZodType>(
    req: Request,
    schema: T,
  ): Promise<z.output<T>> {
    scopeOf(req).route = `/internal${req.path}`;
    const { principal } = await httpAuth.credentials(req, {
      allow: ['user', 'service'],
    });
    if (principal.type !== 'service' || principal.subject !== AUTH_PLUGIN) {
      throw new HubError(
        'PERMISSION_DENIED',
        'This route is for the auth plugin of this Backstage only.',
      );
    }
    const value = await readJsonBody(req, { limit: 'other' });
    return validate(schema, value, 'body');
  }

  router.post('/sessions/local', async (req, res) => {
    const input = await read(req, localSignInRequestSchema);
    res.json(await localSignIn.signIn(input));
  });
  router.post('/sessions/google', async (req, res) => {
    const input = await read(req, googleSignInRequestSchema);
    res.json(await googleSignIn.signIn(input));
  });
  router.post('/sign-in-failures', async (req, res) => {
    const { provider, reason, ...client } = await read(
      req,
      signInFailureSchema,
    );
    await signInLog.failed({ provider, reason, client });
    res.status(204).end();
  });
  router.post('/sessions/upstream', async (req, res) => {
    await sessions.report(await read(req, upstreamReportSchema));
    res.status(204).end();
  });
  router.post('/sessions/refresh', async (req, res) => {
    const input = await read(req, sessionRefreshRequestSchema);
    res.json(await sessions.refresh(input));
  });
  router.post('/sessions/revoke', async (req, res) => {
    const input = await read(req, sessionRevokeRequestSchema);
    res.json(await sessions.revoke(input));
  });
  return router;
}
