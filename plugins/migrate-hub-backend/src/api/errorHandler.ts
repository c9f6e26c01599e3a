import { ErrorLike, isError } from '@backstage/errors';
import { ErrorRequestHandler, NextFunction, Request, Response } from 'express';
import { HubError } from '../errors';
import { describeFailure } from '../observability/describeFailure';
import { scopeOf } from './requestScope';

/** SQLSTATEs and driver codes that mean: the metadata store is not to be had right now. */
const UNAVAILABLE = new Set([
  '08000',
  '08001',
  '08003',
  '08006',
  '40001',
  '40P01',
  '53300',
  '57P01',
  '57P02',
  '57P03',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
]);

/** Text that got past the schemas and that PostgreSQL cannot store. */
const UNSTORABLE_TEXT = new Set(['22021', '22P05']);

const unavailable = () =>
  new HubError(
    'UNAVAILABLE',
    'The hub cannot reach its database at the moment. Nothing was changed; try again.',
    { retryAfterSeconds: 5 },
  );

const codeOf = (error: ErrorLike): string =>
  typeof error.code === 'string' ? error.code : '';

/** The refusal that an error comes to, or undefined if it is a fault of ours. */
function toRefusal(error: unknown): HubError | undefined {
  if (error instanceof HubError) return error;
  if (!isError(error)) return undefined;

  if (error.name === 'URIError') {
    return new HubError('INVALID_INPUT', 'The address is not valid.');
  }
  if (error.name === 'AuthenticationError') {
    return new HubError(
      'NOT_SIGNED_IN',
      'The bearer token is missing, invalid or expired. Sign in and send a fresh one.',
    );
  }
  if (error.name === 'NotAllowedError') {
    return new HubError(
      'PERMISSION_DENIED',
      'This token may not be used here.',
    );
  }
  if (UNSTORABLE_TEXT.has(codeOf(error))) {
    return new HubError(
      'INVALID_INPUT',
      'The request holds text that cannot be stored, such as a NUL character.',
    );
  }
  const lost =
    error.name === 'KnexTimeoutError' ||
    UNAVAILABLE.has(codeOf(error)) ||
    error.message.includes('Connection terminated');
  return lost ? unavailable() : undefined;
}

/**
 * Answers errors in Backstage's form, with a code of the contract.
 *
 * @remarks
 * Only the fields named here leave the hub: no stack, no cause, no SQL.
 */
export function errorHandler(): ErrorRequestHandler {
  return (error: unknown, req: Request, res: Response, _next: NextFunction) => {
    const { requestId, logger } = scopeOf(req);
    const refusal = toRefusal(error);
    if (!refusal || refusal.statusCode === 503) {
      logger.error('Request failed', {
        failure: { ...describeFailure(error) },
      });
    }
    if (res.headersSent) {
      // The answer had begun: breaking it off is the only way left to say so.
      res.destroy();
      return;
    }
    const answer =
      refusal ??
      new HubError(
        'INTERNAL',
        `The hub failed to answer. The reason is in its log, under request id ${requestId}.`,
      );
    if (answer.retryAfterSeconds !== undefined) {
      res.setHeader('Retry-After', String(answer.retryAfterSeconds));
    }
    if (!req.complete) {
      // What is left of a body must not be read as the next request.
      res.setHeader('Connection', 'close');
    }
    res.status(answer.statusCode).json({
      error: {
        name: answer.name,
        message: answer.message,
        code: answer.code,
        ...(answer.details && { details: answer.details }),
      },
      request: { method: req.method, url: req.originalUrl.split('?')[0] },
      requestId,
      response: { statusCode: answer.statusCode },
    });
  };
}
