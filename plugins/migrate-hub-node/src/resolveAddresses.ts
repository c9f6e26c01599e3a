import { lookup } from 'dns/promises';
import { isIP } from 'net';
import { TargetConnection } from './TargetDriver';
import { TargetError } from './TargetError';

/** Also matches `127.1` and the like: what they come to is looked at after the look-up. */
const NAME =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;

/**
 * The addresses of a target's host that may be connected to, resolved once: a
 * driver connects to one of these and never to the name, so that what was
 * checked is what is reached. The name stays what TLS is told.
 *
 * @throws TargetError `UNREACHABLE`, or `ADDRESS_REFUSED` if `refuseAddress`
 * leaves none
 * @public
 */
export async function resolveAddresses(
  target: Pick<TargetConnection, 'host' | 'refuseAddress'>,
): Promise<string[]> {
  const { host, refuseAddress } = target;
  const addresses = isIP(host) ? [host] : await lookUp(host);
  const reasons: string[] = [];
  const admitted = addresses.filter(address => {
    const reason = refuseAddress?.(address);
    if (reason !== undefined) reasons.push(reason);
    return reason === undefined;
  });
  if (admitted.length > 0) return admitted;
  throw reasons.length > 0
    ? new TargetError({ code: 'ADDRESS_REFUSED', message: reasons[0] })
    : unreachable(`The name ${host} has no address`);
}

async function lookUp(host: string): Promise<string[]> {
  if (!NAME.test(host)) {
    throw unreachable(
      `${host} is neither a DNS name nor an IP address: unknown host`,
    );
  }
  const found = await lookup(host, { all: true, verbatim: true }).catch(
    (cause: NodeJS.ErrnoException) => {
      throw unreachable(
        `The name ${host} does not resolve (${cause.code}): unknown host. Check its spelling and the DNS of the hub`,
        cause,
      );
    },
  );
  return found.map(({ address }) => address);
}

function unreachable(message: string, cause?: unknown): TargetError {
  return new TargetError({ code: 'UNREACHABLE', message, cause });
}
