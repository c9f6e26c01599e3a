import {
  OwnDatabases,
  parseReachEntry,
  reachRefusal,
  ReachEntry,
} from './reach';

const entries = (...texts: string[]): ReachEntry[] =>
  texts.map(text => {
    const entry = parseReachEntry(text);
    if (!entry) throw new Error(text);
    return entry;
  });

const own: OwnDatabases = {
  port: 5432,
  addresses: ['127.0.0.1', '10.0.0.9'],
  holds: database => database.startsWith('backstage_'),
};

/** Host (and address, where it is a name), whether it is refused, what is allowed. */
type Case = [string, RegExp | 'reached', string[]?, { production?: true }?];
const cases: Case[] = [
  ['10.1.2.3', 'reached'],
  ['127.0.0.1', 'reached'],
  ['localhost=::1', 'reached'],
  ['169.254.169.254', /metadata services.*migrateHub\.reach\.allow/],
  ['harmless.example=169.254.169.254', /harmless\.example \(169/],
  ['::ffff:169.254.169.254', /link-local/],
  ['::ffff:a9fe:a9fe', /link-local/],
  ['fe80::1', /link-local/],
  // Ways to IPv4 through IPv6: NAT64, 6to4, the form of old.
  ['64:ff9b::169.254.169.254', /link-local/],
  ['nat64.example=64:ff9b::a9fe:a9fe', /link-local/],
  ['2002:a9fe:a9fe::1', /link-local/],
  ['fe80::1%eth0', /link-local/],
  ['::169.254.169.254', /link-local/],
  ['64:ff9b::10.1.2.3', 'reached', ['10.0.0.0/8']],
  ['64:ff9b::10.1.2.3', 'reached', ['64:ff9b::/96']],
  ['64:ff9b::11.1.2.3', /migrateHub\.reach\.allow/, ['10.0.0.0/8']],
  ['fd00:ec2::254', /metadata service/],
  ['100.100.100.200', /metadata service/],
  ['0.0.0.0', /single server/],
  ['::', /single server/],
  ['255.255.255.255', /single server/],
  // Everything is not just such addresses.
  ['169.254.169.254', /link-local/, ['0.0.0.0/0']],
  ['meta.example=169.254.169.254', /link-local/, ['meta.example']],
  ['169.254.10.1', 'reached', ['169.254.10.1']],
  ['169.254.10.1', 'reached', ['169.254.10.0/24']],

  ['127.0.0.1', /production.*allow/, undefined, { production: true }],
  ['localhost=::1', /production/, ['0.0.0.0/0', '::/0'], { production: true }],
  ['evil.example=127.0.0.1', /production/, ['*.example'], { production: true }],
  ['::ffff:127.0.0.1', /production/, undefined, { production: true }],
  ['64:ff9b::7f00:1', /production/, undefined, { production: true }],
  ['127.8.8.8', /production/, ['127.0.0.1'], { production: true }],
  ['127.0.0.1', 'reached', ['127.0.0.0/8'], { production: true }],
  ['localhost=127.0.0.1', 'reached', ['localhost'], { production: true }],

  ['10.1.2.3', 'reached', ['10.0.0.0/8']],
  ['11.1.2.3', /migrateHub\.reach\.allow/, ['10.0.0.0/8']],
  ['db.corp.example=11.1.2.3', 'reached', ['*.corp.example']],
  ['DB.Corp.Example.=11.1.2.3', 'reached', ['*.corp.example']],
  ['corp.example=11.1.2.3', /allow/, ['*.corp.example']],
  ['notcorp.example=11.1.2.3', /allow/, ['*.corp.example', 'corp.example']],
  ['2001:db8::5', 'reached', ['2001:db8::/32']],
  ['10.1.2.3', /allow/, []],
];

it.each(cases)('%s: %s', (...[host, expected, allow, options]: Case) => {
  const [name, address = name] = host.split('=');
  const reason = reachRefusal(
    {
      allow: allow && entries(...allow),
      refuseLoopback: options?.production === true,
    },
    { host: name, address, port: 5432, database: 'app' },
    own,
  );
  const said = reason ?? 'reached';
  expect(said).toMatch(expected);
  expect(said === 'reached').toBe(expected === 'reached');
});

it.each([
  ['127.0.0.1', 5432, 'backstage_auth', true],
  ['::1', 5432, 'backstage_auth', true],
  ['127.0.0.2', 5432, 'backstage_auth', true],
  ['::ffff:10.0.0.9', 5432, 'backstage_auth', true],
  ['64:ff9b::10.0.0.9', 5432, 'backstage_auth', true],
  ['10.0.0.9', 5433, 'backstage_auth', false],
  ['10.0.0.8', 5432, 'backstage_auth', false],
  ['10.0.0.9', 5432, 'app', false],
])('knows its own records: %s:%s/%s', (address, port, database, refused) => {
  const reason = reachRefusal(
    { allow: entries('0.0.0.0/0', '::/0', address), refuseLoopback: false },
    { host: address, address, port, database },
    own,
  );
  expect(reason !== undefined).toBe(refused);
});

it.each([
  '/var/run/postgres',
  '10.0.0.0/33',
  '10.0.0.0/',
  'a b',
  '*',
  '1.2.3.4/x',
  '',
])('takes no entry %p', text => expect(parseReachEntry(text)).toBeUndefined());
