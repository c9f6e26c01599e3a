import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import {
  SessionGrant,
  localSignInRequestSchema,
  sessionRefreshRequestSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import express, { Response } from 'express';
import Router from 'express-promise-router';

/** Stands where the hub does, and keeps to the contract of its internal routes. */
export class HubStandIn {
  /** The right one. */
  readonly #password: string;
  readonly #grants = new Map<string, SessionGrant>();
  /** Bodies that came, in order. */
  readonly received: { path: string; body: unknown; caller: string }[] = [];
  /** The next answers of the hub instead of its own. */
  refuseWith?: { status: number; code?: string; retryAfter?: string };

  constructor(password: string) {
    this.#password = password;
  }

  readonly feature = createBackendPlugin({
    pluginId: 'migrate-hub',
    register: reg => {
      reg.registerInit({
        deps: {
          http: coreServices.httpRouter,
          httpAuth: coreServices.httpAuth,
        },
        init: async ({ http, httpAuth }) => {
          const router = Router();
          router.use(express.json());
          router.use('/internal', async (req, res, next) => {
            const { principal } = await httpAuth.credentials(req, {
              allow: ['service'],
            });
            const { path, body } = req;
            this.received.push({ path, body, caller: principal.subject });
            if (this.refuseWith) this.#refuse(res, this.refuseWith);
            else next();
          });
          router.post('/internal/sessions/local', (req, res) => {
            this.#signIn(req.body, res);
          });
          router.post('/internal/sessions/refresh', (req, res) => {
            const { sessionId } = sessionRefreshRequestSchema.parse(req.body);
            const grant = this.#grants.get(sessionId);
            if (grant) res.json(grant);
            else this.#refuse(res, { status: 401, code: 'NOT_SIGNED_IN' });
          });
          router.post('/internal/sessions/revoke', (req, res) => {
            const { sessionId } = sessionRefreshRequestSchema.parse(req.body);
            this.#grants.delete(sessionId);
            res.json({});
          });
          http.use(router);
        },
      });
    },
  });

  #signIn(body: unknown, res: Response): void {
    const { email, password } = localSignInRequestSchema.parse(body);
    if (password !== this.#password) {
      this.#refuse(res, { status: 401, code: 'NOT_SIGNED_IN' });
      return;
    }
    const grant: SessionGrant = {
      sessionId: `opaque-${this.#grants.size + 1}`,
      sid: '01936d5c-0000-7000-8000-000000000001',
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      user: {
        id: '01936d5c-0000-7000-8000-000000000002',
        entityRef: 'user:default/u-1234',
        email,
        name: 'Uma User',
      },
    };
    this.#grants.set(grant.sessionId ?? '', grant);
    res.json(grant);
  }

  #refuse(
    res: Response,
    refusal: { status: number; code?: string; retryAfter?: string },
  ): void {
    const { status, code, retryAfter } = refusal;
    if (retryAfter) res.setHeader('Retry-After', retryAfter);
    const message = `The hub says ${status}.`;
    res.status(status).json({ error: { name: 'Error', message, code } });
  }
}
