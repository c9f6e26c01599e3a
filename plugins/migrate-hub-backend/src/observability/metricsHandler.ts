import { Config } from '@backstage/config';
import { createHash, timingSafeEqual } from 'crypto';
import { RequestHandler } from 'express';
import { HubMetrics } from './HubMetrics';

const digest = (text: string) => createHash('sha256').update(text).digest();

/**
 * Answers scrapes at `/metrics`, to be mounted at the root.
 *
 * @remarks
 * That is beside Backstage's own checks. With `migrateHub.metrics.token` only
 * who sends it as bearer token gets an answer; without it whoever reaches the port.
 */
export function metricsHandler(
  config: Config,
  metrics: HubMetrics,
): RequestHandler {
  const token = config.getOptionalString('migrateHub.metrics.token');
  const wanted = token && digest(`Bearer ${token}`);
  return (req, res) => {
    const sent = digest(req.header('authorization') ?? '');
    if (wanted && !timingSafeEqual(sent, wanted)) {
      res.status(401).set('WWW-Authenticate', 'Bearer').end();
      return;
    }
    metrics.answer(req, res);
  };
}
