import { BlockList, isIP } from 'net';
import { TargetConnection } from '@migrate-hub/backstage-plugin-migrate-hub-node';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function isLoopback(address: string): boolean {
  return LOOPBACK.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
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
