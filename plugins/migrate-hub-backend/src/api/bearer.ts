import { Request } from 'express';

/**
 * The token of a request's Authorization header, read as Backstage's `httpAuth`
 * reads it. Not verified.
 */
export const bearerOf = (req: Request): string | undefined =>
  req.headers.authorization?.match(/^Bearer[ ]+(\S+)$/i)?.[1];
