import { randomBytes } from 'crypto';
import { testServer } from './testServer';

/** Stands in every secret that a test makes up: one search finds any of them. */
const MARK = 'PlantedSecret';

/** A password or token that is found wherever it leaks. @public */
export const plantSecret = (): string =>
  `${MARK}-${randomBytes(12).toString('hex')}`;

/** A key of 32 bytes, the same. @public */
export const plantKey = (): Buffer =>
  Buffer.concat([Buffer.from(MARK), randomBytes(32 - MARK.length)]);

/** An Ed25519 key, PKCS8 in base64, the same: its seed is a planted key. @public */
export const plantSigningKey = (): string =>
  Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    plantKey(),
  ]).toString('base64');

/** How a secret may look where somebody put it by mistake: as it is, in hex, in base64. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const inBase64 = [0, 1, 2].flatMap(shift => {
    // Within something longer its first bytes may stand at any of three places.
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]);
    const sure = (text: string) =>
      text.slice(
        Math.ceil((shift * 4) / 3),
        4 * Math.floor(encoded.length / 3),
      );
    return [
      sure(encoded.toString('base64')),
      sure(encoded.toString('base64url')),
    ];
  });
  return [secret, bytes.toString('hex'), ...new Set(inBase64)];
}

interface Watched {
  what: string;
  forms: string[];
  shownIn?: RegExp;
}

/** Asks a database; rows as objects. */
type Query = (sql: string) => Promise<{ [column: string]: string }[]>;

/**
 * Looks for secrets where none may be: in logs, answers and tables.
 *
 * @public
 */
export class SecretWatch {
  readonly #watched: Watched[] = [];
  readonly #found = new Set<string>();

  /** Watches for all that is planted, and for the passwords of the test servers. */
  static create(): SecretWatch {
    const watch = new SecretWatch();
    watch.add('a planted secret', MARK);
    for (const name of ['postgres', 'mariadb', 'mysql'] as const) {
      const server = process.env[`MIGRATE_HUB_TEST_${name.toUpperCase()}`]
        ? testServer(name)
        : undefined;
      if (server) watch.add(`the password of ${name}`, server.password);
    }
    return watch;
  }

  private constructor() {}

  /**
   * One more, that could not be planted.
   *
   * @param options - `shownIn`: places that may show it
   */
  add(what: string, secret: string, options: { shownIn?: RegExp } = {}): void {
    if (secret.length < 12) throw new Error(`${what} is too short to find`);
    this.#watched.push({ what, forms: formsOf(secret), ...options });
  }

  /** Watches for it no more. */
  forget(what: string): void {
    const rest = this.#watched.filter(one => one.what !== what);
    this.#watched.splice(0, Infinity, ...rest);
  }

  look(place: string, text: string): void {
    for (const { what, forms, shownIn } of this.#watched) {
      if (shownIn?.test(place)) continue;
      if (forms.some(form => text.includes(form))) {
        this.#found.add(`${what} in ${place}`);
      }
    }
  }

  /** Every table of a PostgreSQL database. */
  async lookIntoTables(database: string, query: Query): Promise<void> {
    const tables = await query(
      `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name
         from pg_tables
        where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    if (tables.length === 0) return;
    for (const { what, forms, shownIn } of this.#watched) {
      const patterns = forms
        .map(form => `'%${form.replaceAll("'", "''")}%'`)
        .join(', ');
      const rows = await query(
        tables
          .map(
            ({ name }) =>
              `select '${name}' as name where exists
                 (select from ${name} as t where t::text like any (array[${patterns}]))`,
          )
          .join(' union all '),
      );
      for (const { name } of rows) {
        const place = `table ${name} of ${database}`;
        if (!shownIn?.test(place)) this.#found.add(`${what} in ${place}`);
      }
    }
  }

  /** @throws Error that says what was found where since the last time */
  assertNothingFound(): void {
    if (this.#found.size === 0) return;
    const found = [...this.#found].join('\n');
    this.#found.clear();
    throw new Error(`Secrets have leaked:\n${found}`);
  }
}

/** That of this test file. @public */
export const secretWatch = SecretWatch.create();
