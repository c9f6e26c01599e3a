import { assertSupported, ServerFacts } from './facts';

function facts(fields: Partial<ServerFacts>): ServerFacts {
  return {
    flavour: 'MySQL',
    version: '8.4.1',
    identity: { id: 'a/b', flavour: 'MySQL', version: '8.4.1' },
    schema: 'b',
    foldsCase: false,
    connectionId: '1',
    now: '2026-01-01T00:00:00Z',
    role: 'NONE',
    sqlMode: '',
    maxPacket: 1,
    isGalera: false,
    isReadOnly: false,
    hasPooler: false,
    ...fields,
  };
}

describe('a server that cannot be a target is refused with the reason', () => {
  it.each<[Partial<ServerFacts>, RegExp]>([
    [{ version: '5.7.44' }, /MySQL 5\.7\.44 is too old/],
    [
      { flavour: 'MariaDB', version: '10.5.29' },
      /MariaDB 10\.5\.29 is too old/,
    ],
    [{ sqlMode: 'STRICT_ALL_TABLES,ANSI_QUOTES' }, /ANSI_QUOTES/],
    [{ sqlMode: 'NO_BACKSLASH_ESCAPES' }, /NO_BACKSLASH_ESCAPES/],
  ])('%j', (fields, reason) => {
    expect(() => assertSupported(facts(fields))).toThrow(reason);
  });

  it.each<Partial<ServerFacts>>([
    { version: '8.0.11' },
    { version: '9.7.4' },
    { flavour: 'MariaDB', version: '10.6.1' },
    { flavour: 'MariaDB', version: '11.4.2' },
    { sqlMode: 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION' },
  ])('but not %j', fields => {
    expect(() => assertSupported(facts(fields))).not.toThrow();
  });
});
