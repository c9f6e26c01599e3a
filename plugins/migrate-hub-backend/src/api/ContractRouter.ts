import {
  BackstageCredentials,
  HttpAuthService,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import { BasicPermission } from '@backstage/plugin-permission-common';
import { Route } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { createHash, Hash } from 'crypto';
import { Request, Response, Router } from 'express';
import { z } from 'zod';
import { HubError } from '../errors';
import { Caller, CommandContext } from '../services/context';
import { Authentication } from './Authentication';
import { bearerOf } from './bearer';
import { PortalPermissions } from './PortalPermissions';
import { readJsonBody } from './requestBody';
import { scopeOf } from './requestScope';
import { sendJson } from './sendJson';
import { IdentityResolver } from './services';
import { readQuery, validate } from './validate';

const nothing = z.strictObject({});

type Part<S> = S extends z.ZodType ? z.output<S> : Record<string, never>;

/** A request that passed every check of its route. */
export interface Call<R extends Route> {
  params: Part<R['params']>;
  query: Part<R['query']>;
  body: Part<R['body']>;
  context: CommandContext;
  /** Whether the portal's policy gives the caller one more permission. */
  permits(permission: BasicPermission): Promise<boolean>;
  req: Request;
  res: Response;
}

/** What a handler answers; nothing if it wrote the answer itself. */
export type Answer<R extends Route> = z.input<R['response']> | undefined;

/** Mounts routes of the contract, each with the checks that its entry asks for. */
export class ContractRouter {
  readonly #options: {
    identity: IdentityResolver;
    fingerprint: (bytes: Buffer) => string;
  };
  readonly #authentication: Authentication;
  readonly #permissions: PortalPermissions;

  /**
   * @param options - `fingerprint`: keyed hash of a request, to tell whether an
   * idempotency key is used for the same one; keyed, as a body may hold a password.
   */
  static create(options: {
    httpAuth: HttpAuthService;
    permissions: PermissionsService;
    identity: IdentityResolver;
    fingerprint: (bytes: Buffer) => string;
  }): ContractRouter {
    return new ContractRouter(options);
  }

  private constructor(options: {
    httpAuth: HttpAuthService;
    permissions: PermissionsService;
    identity: IdentityResolver;
    fingerprint: (bytes: Buffer) => string;
  }) {
    this.#options = options;
    this.#authentication = Authentication.create(options.httpAuth);
    this.#permissions = PortalPermissions.create(options.permissions);
  }

  /**
   * Mounts a route. Its handler is called for a known user who has the
   * permission, with input that fits the contract.
   */
  handle<R extends Route>(
    router: Router,
    route: R,
    handler: (call: Call<R>) => Promise<Answer<R>>,
  ): void {
    const method = route.method.toLowerCase() as Lowercase<Route['method']>;
    router[method](route.path, async (req, res) => {
      const scope = scopeOf(req);
      scope.route = route.path;
      const caller = await this.#authorize(req, route);
      scope.userId = caller.user.id;
      scope.logger = scope.logger.child({ userId: caller.user.id });

      const params = validate(route.params ?? nothing, req.params, 'path');
      if (route.path.startsWith('/runs/:id')) {
        scope.runId = req.params.id;
        scope.logger = scope.logger.child({ runId: scope.runId });
      }
      const query = validate(
        route.query ?? nothing,
        readQuery(req.url),
        'query',
      );
      // The path as well: the same key for another entity is another request.
      const hash = createHash('sha256').update(`${req.path}\n`);
      const sent =
        route.method === 'GET'
          ? {}
          : await readJsonBody(req, {
              limit: route.bodyLimit ?? 'other',
              hash,
            });
      const body = validate(route.body ?? nothing, sent, 'body');

      const answer = await handler({
        params: params as Part<R['params']>,
        query: query as Part<R['query']>,
        body: body as Part<R['body']>,
        context: {
          caller,
          requestId: scope.requestId,
          idempotency: this.#idempotency(req, route, hash),
        },
        permits: permission =>
          this.#isGiven(permission, {
            credentials: caller.credentials,
            ...{ req, route },
          }),
        req,
        res,
      });
      if (answer !== undefined) await sendJson(res, route.status, answer);
    });
  }

  async #authorize(req: Request, route: Route): Promise<Caller> {
    const credentials = await (route.method === 'GET'
      ? this.#authentication.verifyLately(req)
      : this.#authentication.verify(req));
    const caller = await this.#options.identity.resolve({
      credentials,
      bearer: bearerOf(req),
      requestId: scopeOf(req).requestId,
    });
    const { permission } = route;
    const isGiven = await this.#isGiven(permission, {
      credentials,
      ...{ req, route },
    });
    if (isGiven) return caller;
    throw new HubError(
      'PERMISSION_DENIED',
      `The permission policy of this portal denies you '${route.permission.name}'. Whoever looks after Backstage's permissions can grant it.`,
      { details: { permission: route.permission.name } },
    );
  }

  async #isGiven(
    permission: BasicPermission,
    asked: { credentials: BackstageCredentials; req: Request; route: Route },
  ): Promise<boolean> {
    const { credentials, req, route } = asked;
    return route.method === 'GET'
      ? this.#permissions.gaveLately(credentials, permission, bearerOf(req))
      : this.#permissions.gives(credentials, permission);
  }

  #idempotency(
    req: Request,
    route: Route,
    hash: Hash,
  ): CommandContext['idempotency'] {
    const key = req.header('idempotency-key');
    if (!route.idempotent || key === undefined) return undefined;
    if (!/^[\x21-\x7e]{1,200}$/.test(key)) {
      throw new HubError(
        'INVALID_INPUT',
        'The header Idempotency-Key must be 1 to 200 visible ASCII characters.',
      );
    }
    return {
      route: `${route.method} ${route.path}`,
      key,
      bodyHash: this.#options.fingerprint(hash.digest()),
    };
  }
}
