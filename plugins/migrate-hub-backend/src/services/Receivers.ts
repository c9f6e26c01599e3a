import { Config } from '@backstage/config';
import { lookup } from 'dns/promises';
import { isIP } from 'net';
import { isLoopback, specialAddress } from '../domain/reach';
import { HubError } from '../errors';

/** An address that was checked, to be connected to. */
export interface CheckedAddress {
  address: string;
  family: 4 | 6;
}

/**
 * Decides where webhooks may go, after the name was resolved: neither to
 * link-local addresses nor to this very machine, which a portal inside a
 * company's network could reach for somebody outside of it.
 */
export class Receivers {
  readonly #refuseLoopback: boolean;

  private constructor(options: { refuseLoopback: boolean }) {
    this.#refuseLoopback = options.refuseLoopback;
  }

  static fromConfig(config: Config): Receivers {
    const allowed =
      config.getOptionalBoolean('migrateHub.webhooks.allowLoopback') ??
      process.env.NODE_ENV !== 'production';
    return new Receivers({ refuseLoopback: !allowed });
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
    const own = this.#refuseLoopback && isLoopback(address);
    const what =
      specialAddress(address) ?? (own ? 'the machine of the hub' : undefined);
    if (!what) return;
    throw new HubError(
      'HOST_NOT_ALLOWED',
      `url: '${host}' is ${address}, ${what}, which webhooks do not reach. Give the address of the receiver; migrateHub.webhooks.allowLoopback opens this machine.`,
      { details: { field: 'url' } },
    );
  }
}
