import { Config } from '@backstage/config';
import { lookup } from 'dns/promises';
import { BlockList, isIP, isIPv4 } from 'net';
import { HubError } from '../errors';

/** An address that was checked, to be connected to. */
export interface CheckedAddress {
  address: string;
  family: 4 | 6;
}

/** Link-local, among it the metadata services of clouds, and what is no receiver at all. */
const REFUSED = [
  ['169.254.0.0', 16, 'ipv4'],
  ['100.100.100.200', 32, 'ipv4'],
  ['192.0.0.192', 32, 'ipv4'],
  ['0.0.0.0', 8, 'ipv4'],
  ['224.0.0.0', 4, 'ipv4'],
  ['240.0.0.0', 4, 'ipv4'],
  ['fe80::', 10, 'ipv6'],
  ['fd00:ec2::254', 128, 'ipv6'],
  ['fd20:ce::254', 128, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
  ['::', 128, 'ipv6'],
] as const;

const LOOPBACK = [
  ['127.0.0.0', 8, 'ipv4'],
  ['::1', 128, 'ipv6'],
] as const;

const listOf = (
  entries: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[],
) => {
  const list = new BlockList();
  for (const entry of entries) list.addSubnet(...entry);
  return list;
};

/**
 * Decides where webhooks may go, after the name was resolved: neither to
 * link-local addresses nor to this very machine, which a portal inside a
 * company's network could reach for somebody outside of it.
 */
export class Receivers {
  readonly #refused: BlockList;

  private constructor(refused: BlockList) {
    this.#refused = refused;
  }

  static fromConfig(config: Config): Receivers {
    const loopback =
      config.getOptionalBoolean('migrateHub.webhooks.allowLoopback') ??
      process.env.NODE_ENV !== 'production';
    return new Receivers(
      listOf(loopback ? REFUSED : [...REFUSED, ...LOOPBACK]),
    );
  }

  /**
   * Resolves the host of an address. Connect to one of these and to nothing
   * else: the name may resolve differently a moment later.
   *
   * @throws HubError `HOST_NOT_ALLOWED` if any of its addresses is refused.
   * Errors of the resolver as they are.
   */
  async resolve(url: URL): Promise<CheckedAddress[]> {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const found = isIP(host)
      ? [{ address: host, family: isIP(host) }]
      : await lookup(host, { all: true });
    for (const { address } of found) this.#assertAllowed(host, address);
    return found.map(({ address, family }) => ({
      address,
      family: family === 6 ? 6 : 4,
    }));
  }

  /** The same for what is an address already: nothing is resolved. */
  assertLiteral(url: URL): void {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host)) this.#assertAllowed(host, host);
  }

  #assertAllowed(host: string, address: string): void {
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    // An IPv4 address within IPv6 (::ffff:a.b.c.d) is checked as what it is.
    if (!this.#refused.check(address, family)) return;
    throw new HubError(
      'HOST_NOT_ALLOWED',
      `url: '${host}' is ${address}, which webhooks may not reach: link-local addresses and, in production, this machine. Give the address of the receiver; migrateHub.webhooks.allowLoopback opens this machine.`,
      { details: { field: 'url' } },
    );
  }
}
