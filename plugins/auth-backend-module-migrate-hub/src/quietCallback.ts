import express from 'express';

/**
 * Keeps the query of the callback, with the code in it, out of the request log:
 * Backstage writes the original address there when the answer is sent.
 */
export function createQuietCallback(options: {
  path: string;
}): express.RequestHandler {
  return (req, _res, next) => {
    if (req.path === options.path) {
      [req.originalUrl] = req.originalUrl.split('?');
    }
    next();
  };
}
