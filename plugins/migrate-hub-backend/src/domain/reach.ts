import ipaddr from 'ipaddr.js';

/** A network, or one address. */
type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** An entry of `migrateHub.reach.allow`. */
export type ReachEntry =
  | { kind: 'name'; name: string }
  /** Any name below it. */
  | { kind: 'domain'; suffix: string }
  | { kind: 'network'; network: Network };

export interface ReachPolicy {
  /** Nothing else is reached; absent: whatever is not refused. */
  allow?: ReachEntry[];
  /** Whether this machine itself is refused where `allow` does not name it. */
  refuseLoopback: boolean;
}

/** Where records of the hub are. */
export interface OwnDatabases {
  port: number;
  addresses: string[];
  holds(database: string): boolean;
}

const networkOf = (text: string): Network => ipaddr.parseCIDR(text);

const bitsOf = (address: Network[0]): string =>
  address
    .toByteArray()
    .map(byte => byte.toString(2).padStart(8, '0'))
    .join('');

function holds([base, prefix]: Network, address: Network[0]): boolean {
  const bits = bitsOf(address);
  const network = bitsOf(base);
  return (
    bits.length === network.length && bits.startsWith(network.slice(0, prefix))
  );
}

const isWithin = (inner: Network, outer: Network) =>
  inner[1] >= outer[1] && holds(outer, inner[0]);

/** Addresses of IPv6 that lead to one of IPv4, and at which byte that begins: NAT64, 6to4, and the form of old. */
const CARRIERS: [Network, number][] = [
  [networkOf('64:ff9b::/96'), 12],
  [networkOf('2002::/16'), 2],
  [networkOf('::/96'), 12],
];

/** As the library takes it: an end such as `64:ff9b::10.1.2.3` in hex, no zone. */
const plain = (text: string): string =>
  text
    .replace(/%.*$/, '')
    .replace(/(?<=:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
      const [a, b, c, d] = parts.slice(0, 4).map(Number);
      return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
    });

/** What an address stands for: itself (one of IPv4 written as one of IPv6 is one of IPv4), and where it leads. */
function formsOf(text: string): Network[0][] {
  const address = ipaddr.process(plain(text));
  const bytes = address.toByteArray();
  const carried = CARRIERS.flatMap(([network, at]) =>
    // `::1` leads nowhere else.
    holds(network, address) && bytes[at] !== 0
      ? [new ipaddr.IPv4(bytes.slice(at, at + 4))]
      : [],
  );
  return [address, ...carried];
}

const isIn = (address: string, network: Network): boolean =>
  formsOf(address).some(form => holds(network, form));

const LOOPBACK = [networkOf('127.0.0.0/8'), networkOf('::1/128')];

/** Whether this machine itself answers there. */
export const isLoopback = (address: string): boolean =>
  LOOPBACK.some(range => isIn(address, range));

/** No database is there, and what answers there gives out secrets or is not who it seems. */
const SPECIAL: { networks: Network[]; what: string }[] = [
  {
    networks: [networkOf('169.254.0.0/16'), networkOf('fe80::/10')],
    what: 'a link-local address, where metadata services of clouds answer',
  },
  {
    networks: [
      networkOf('fd00:ec2::254/128'),
      networkOf('fd20:ce::254/128'),
      networkOf('100.100.100.200/32'),
      networkOf('168.63.129.16/32'),
      networkOf('192.0.0.192/32'),
    ],
    what: 'the metadata service of a cloud',
  },
  {
    networks: [
      networkOf('0.0.0.0/8'),
      networkOf('::/128'),
      networkOf('224.0.0.0/3'),
      networkOf('ff00::/8'),
    ],
    what: 'no address of a single server',
  },
];

const specialOf = (address: string) =>
  SPECIAL.find(({ networks }) => networks.some(range => isIn(address, range)));

/** Why no server of the company is at this address, in words; undefined if one may be. */
export const specialAddress = (address: string): string | undefined =>
  specialOf(address)?.what;

/** Undefined if it is none of: name, `*.domain`, address, network in CIDR. */
export function parseReachEntry(text: string): ReachEntry | undefined {
  const [given, bits, ...more] = text.split('/');
  const base = plain(given);
  const isV4 = ipaddr.IPv4.isValidFourPartDecimal(base);
  if ((isV4 || ipaddr.IPv6.isValid(base)) && more.length === 0) {
    const most = isV4 ? 32 : 128;
    if (bits !== undefined && !/^\d{1,3}$/.test(bits)) return undefined;
    if (Number(bits ?? most) > most) return undefined;
    return { kind: 'network', network: networkOf(`${base}/${bits ?? most}`) };
  }
  const name = /^(\*\.)?([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)$/.exec(
    text.toLowerCase(),
  );
  if (!name) return undefined;
  return name[1]
    ? { kind: 'domain', suffix: `.${name[2]}` }
    : { kind: 'name', name: name[2] };
}

/** Whether these are one machine, as far as addresses tell. */
function isSameMachine(one: string, other: string): boolean {
  return (
    formsOf(one).some(form =>
      formsOf(other).some(like => like.toString() === form.toString()),
    ) ||
    (isLoopback(one) && isLoopback(other))
  );
}

/** Why the hub does not connect to this address of a target, in words for people. */
export function reachRefusal(
  policy: ReachPolicy,
  target: { host: string; address: string; port: number; database: string },
  own?: OwnDatabases,
): string | undefined {
  const { address, port, database } = target;
  const host = target.host.toLowerCase().replace(/\.$/, '');
  const where = host === address ? address : `${host} (${address})`;
  if (
    own?.port === port &&
    own.holds(database) &&
    own.addresses.some(one => isSameMachine(address, one))
  ) {
    return `${database} at ${where} holds the records of the hub itself or of its portal: no migration runs there.`;
  }
  const entries = policy.allow ?? [];
  const networks = entries.flatMap(entry =>
    entry.kind === 'network' && isIn(address, entry.network)
      ? [entry.network]
      : [],
  );
  const opened = (ranges: Network[]) =>
    networks.some(allowed => ranges.some(range => isWithin(allowed, range)));
  const special = specialOf(address);
  if (special && !opened(special.networks)) {
    return `${where} is ${special.what}: no target is reached there. Only an entry of migrateHub.reach.allow for just such addresses opens it.`;
  }
  const named = entries.some(
    entry => entry.kind === 'name' && entry.name === host,
  );
  if (
    isLoopback(address) &&
    policy.refuseLoopback &&
    !named &&
    !opened(LOOPBACK)
  ) {
    return `${where} is the machine of the hub itself, which is refused in production. An operator can allow it in migrateHub.reach.allow.`;
  }
  const allowed =
    !policy.allow ||
    named ||
    networks.length > 0 ||
    entries.some(
      entry => entry.kind === 'domain' && host.endsWith(entry.suffix),
    );
  return allowed
    ? undefined
    : `${where} is not among the hosts and networks that this hub may reach. An operator can add it to migrateHub.reach.allow.`;
}
