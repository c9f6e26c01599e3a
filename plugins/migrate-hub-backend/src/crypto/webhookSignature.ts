import { createHmac } from 'crypto';

/**
 * The value of `X-Migrate-Hub-Signature`: `t=<unix seconds>,v1=<hex>`, the
 * HMAC-SHA256 over `<unix seconds>.<body>`.
 *
 * @remarks
 * The time is signed, so that a receiver can refuse what somebody sends again
 * later.
 */
export function webhookSignature(
  secret: string,
  body: string,
  unixSeconds: number,
): string {
  const hmac = createHmac('sha256', secret);
  hmac.update(`${unixSeconds}.${body}`, 'utf8');
  return `t=${unixSeconds},v1=${hmac.digest('hex')}`;
}
