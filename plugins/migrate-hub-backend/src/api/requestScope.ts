import { LoggerService } from '@backstage/backend-plugin-api';
import { randomUUID } from 'crypto';
import { NextFunction, Request, RequestHandler, Response } from 'express';

/** What belongs to one request. */
export interface RequestScope {
  requestId: string;
  /** Names the request in every line. */
  logger: LoggerService;
  /** Path of the route with its parameters' names, once one matched. */
  route?: string;
  userId?: string;
  /** That was asked for, or asked something. */
  runId?: string;
}

const scopes = new WeakMap<Request, RequestScope>();

/** The scope that {@link requestScope} laid over a request. */
export function scopeOf(req: Request): RequestScope {
  const scope = scopes.get(req);
  if (!scope) throw new Error('requestScope must come before the routes');
  return scope;
}

const wellFormed = /^[A-Za-z0-9._-]{1,64}$/;

/** Gives each request its id, its logger, and one line in the log when it is over. */
export function requestScope(logger: LoggerService): RequestHandler {
  return (req: Request, res: Response, next: NextFunction) => {
    const given = req.header('x-request-id') ?? '';
    const requestId = wellFormed.test(given) ? given : randomUUID();
    const scope: RequestScope = {
      requestId,
      logger: logger.child({ requestId }),
    };
    scopes.set(req, scope);
    res.setHeader('X-Request-Id', requestId);

    const start = performance.now();
    res.once('close', () => {
      // The route, not the URL: what stands in a query is nobody's business.
      const route = scope.route ?? 'unknown route';
      const durationMs = Math.round((performance.now() - start) * 10) / 10;
      scope.logger.info(`${req.method} ${route} ${res.statusCode}`, {
        type: 'request',
        method: req.method,
        route,
        status: res.statusCode,
        durationMs,
        completed: res.writableFinished,
        ...(scope.userId && { userId: scope.userId }),
        ...(scope.runId && { runId: scope.runId }),
      });
    });
    next();
  };
}
