import { escape } from 'mysql2';
import { tokens } from './lexer';
import { Wire } from './wire';

const MAX_TABLES = 1_000;
/** A statement names its tables at its beginning. */
const HEAD = 400;

/** Tables of engines without transactions: what is written to them never rolls back. */
export class UnsafeTables {
  /** Engine by name of table. */
  readonly #engines: Map<string, string>;

  private constructor(engines: Map<string, string>) {
    this.#engines = engines;
  }

  static async read(wire: Wire, schema: string): Promise<UnsafeTables> {
    const rows = await wire.rows(
      `SELECT TABLE_NAME AS name, ENGINE AS engine FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${escape(
        schema,
      )} AND TABLE_TYPE = 'BASE TABLE' AND ENGINE <> 'InnoDB' LIMIT ${MAX_TABLES}`,
    );
    return new UnsafeTables(
      new Map(rows.map(({ name, engine }) => [name ?? '', engine ?? ''])),
    );
  }

  /** A warning for each such table that a statement names, once. */
  warningsOf(sql: string): string[] {
    if (this.#engines.size === 0) {
      return [];
    }
    const head = tokens(sql, { start: 0, end: sql.length }, HEAD);
    const warnings: string[] = [];
    for (const { kind, start, end, text } of head) {
      const name = kind === 'word' ? sql.slice(start, end) : text;
      const engine = kind === 'string' ? undefined : this.#engines.get(name);
      if (engine) {
        this.#engines.delete(name);
        warnings.push(
          `The table ${name} is of the engine ${engine}, which has no transactions: what is written to it is not rolled back`,
        );
      }
    }
    return warnings;
  }
}
