import { lookup } from 'dns/promises';
import { BlockList, isIP } from 'net';
import {
  TargetConnection,
  TargetError,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** No database lives there; cloud metadata services and broadcasts do. */
const NEVER = new BlockList();
NEVER.addSubnet('0.0.0.0', 8, 'ipv4');
NEVER.addSubnet('169.254.0.0', 16, 'ipv4');
NEVER.addSubnet('224.0.0.0', 3, 'ipv4');
NEVER.addAddress('::', 'ipv6');
NEVER.addSubnet('fe80::', 10, 'ipv6');
NEVER.addSubnet('ff00::', 8, 'ipv6');

function isIn(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

function isLoopback(address: string): boolean {
  return isIn(LOOPBACK, address);
}

/** Whether whoever answers may read the password: it is proved who that is, or it is this machine, or it was allowed. */
export function mayReadPassword(
  tls: TargetConnection['tls'],
  address: string,
): boolean {
  return (
    tls.allowInsecurePassword === true ||
    tls.mode.startsWith('verify-') ||
    isLoopback(address)
  );
}

/**
 * The addresses of a host, resolved once and every one checked: what is checked
 * is what is connected to. A path to a socket is no host.
 */
export async function resolveHost({
  host,
  port,
}: TargetConnection): Promise<string[]> {
  if (
    !isIP(host) &&
    !/^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_.-])?$/.test(host)
  ) {
    throw unreachable(`'${host}' is neither a DNS name nor an IP address`);
  }
  const found = await lookup(host, { all: true, verbatim: true }).catch(
    (cause: NodeJS.ErrnoException) => {
      throw unreachable(
        `Cannot resolve the host name '${host}' (${cause.code}). Check its spelling and the DNS of the hub`,
        cause,
      );
    },
  );
  const addresses = found.map(({ address }) => address);
  const refused = addresses.find(address => isIn(NEVER, address));
  if (refused !== undefined) {
    throw unreachable(
      `'${host}' is ${refused}, port ${port}: no database is reached at such an address`,
    );
  }
  return addresses;
}

export function unreachable(message: string, cause?: unknown): TargetError {
  return new TargetError({ code: 'UNREACHABLE', message, cause });
}
