import { InputError } from '@backstage/errors';
import express from 'express';

const onlyJson: express.RequestHandler = (req, _res, next) => {
  // `is` answers null without a body, but false for one of length 0, as browsers send it.
  const empty = req.headers['content-length'] === '0';
  if (!empty && req.is('json') === false) {
    throw new InputError(
      'Send the body as JSON (Content-Type: application/json).',
    );
  }
  next();
};

/** Says where the parser stumbled, not over what. */
const quiet: express.ErrorRequestHandler = (error, _req, _res, next) => {
  const kind: unknown = error?.type;
  if (kind === 'entity.too.large') {
    next(new InputError('The body is larger than 16 kB.'));
  } else if (typeof kind === 'string') {
    next(new InputError('The body is not valid JSON.'));
  } else {
    next(error);
  }
};

/**
 * Parses the bodies of sign-in before the auth plugin does: its parser answers
 * a malformed body with the body itself, password and all.
 */
export function createGuard(options: { path: string }): express.Router {
  const router = express.Router();
  router.use(options.path, onlyJson, express.json({ limit: '16kb' }), quiet);
  return router;
}
