import { Wire } from './wire';

/**
 * Between which two moments, by the server's clock, the server was started:
 * it tells its uptime in whole seconds.
 */
export async function startOfServer(
  wire: Wire,
): Promise<{ earliest: number; latest: number }> {
  const [uptime] = await wire.rows("SHOW GLOBAL STATUS LIKE 'Uptime'");
  const [clock] = await wire.rows('SELECT UTC_TIMESTAMP(3) AS now');
  const latest =
    Date.parse(`${clock.now?.replace(' ', 'T')}Z`) -
    Number(uptime.Value) * 1_000;
  return { earliest: latest - 1_500, latest };
}
