import { createHash } from 'crypto';
import { escape } from 'mysql2';
import {
  LedgerRow,
  TargetError,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { asDriverError, isDenied } from './errors';
import { ServerFacts } from './facts';
import { Guard } from './guard';
import { provable, Provable } from './provable';
import { RunRecord } from './runRecord';
import { startOfServer } from './serverStart';
import { Tables } from './tables';
import { Wire } from './wire';

/**
 * The GTID that a statement is going to commit under, and what must still be
 * so when its absence is to say "not applied": `witness` was committed before.
 */
interface Token {
  gtid: string;
  witness: string;
  chosenAt: string;
  isDurable: boolean;
}

const TOKEN =
  /^gtid ([0-9a-f-]{36}:\d+) after ([0-9a-f-]{36}:\d+) at (\S+)( durable)?$/;

interface Surroundings {
  wire: Wire;
  facts: ServerFacts;
  tables: Tables;
  guard: Guard;
  record: RunRecord;
}

/**
 * Lets single-commit DDL run under GTIDs chosen beforehand, so that its outcome
 * can be proved after a crash. Only where the server has GTIDs and the account
 * may choose them.
 *
 * @remarks
 * Transactions need none of this: their ledger row commits with them.
 */
export class Proofs {
  readonly #wire: Wire;
  readonly #facts: ServerFacts;
  readonly #tables: Tables;
  readonly #guard: Guard;
  readonly #record: RunRecord;
  /** One for each database and ledger, so that the server's list of GTIDs stays short. */
  readonly #uuid: string;

  private constructor(options: Surroundings) {
    this.#wire = options.wire;
    this.#facts = options.facts;
    this.#tables = options.tables;
    this.#guard = options.guard;
    this.#record = options.record;
    this.#uuid = uuidOf(
      `${options.facts.identity.id} ${options.tables.ledger}`,
    );
  }

  /** Undefined where GTIDs are off or not for this account. */
  static async probe(options: Surroundings): Promise<Proofs | undefined> {
    if (!options.facts.gtids) {
      return undefined;
    }
    try {
      await options.wire.rows("SET SESSION gtid_next = 'AUTOMATIC'");
      return new Proofs(options);
    } catch (error) {
      if (isDenied(asDriverError(error))) {
        return undefined;
      }
      throw error;
    }
  }

  /**
   * Chooses a GTID for the statement, makes it durable in the ledger row that
   * says `started`, and sets it. Answers undefined where nothing can be proved.
   */
  async begin(sql: string): Promise<string | undefined> {
    const { started } = this.#record;
    if (!started || this.#guard.inTransaction) {
      return undefined;
    }
    const found = provable(sql);
    if (!found || sha256(sql) !== started.statementSha256) {
      return undefined;
    }
    await this.#guard.assertSound();
    if (this.#guard.hasRoleOfScript || !(await this.#isAtomic(found))) {
      return undefined;
    }
    const token = await this.#choose();
    if (!token) {
      return undefined;
    }
    await this.#record.writeLedger({ ...started, proof: written(token) });
    await this.#wire.rows(`SET SESSION gtid_next = ${escape(token.gtid)}`);
    return token.gtid;
  }

  /** The next commits are the server's own to number again. A statement that succeeded must have used its GTID. */
  async end(
    gtid: string,
    { succeeded }: { succeeded: boolean },
  ): Promise<void> {
    if (this.#wire.lost) {
      return;
    }
    const automatic = "SET SESSION gtid_next = 'AUTOMATIC'";
    try {
      await this.#wire.rows(automatic).catch(async () => {
        // A GTID that nothing used is owned until the transaction is over.
        await this.#wire.run('ROLLBACK AND NO CHAIN NO RELEASE');
        await this.#wire.rows(automatic);
      });
    } catch (error) {
      if (this.#wire.lost) throw this.#wire.lost;
      throw damage(`gtid_next stayed ${gtid}: ${asDriverError(error).message}`);
    }
    if (succeeded && !contains(await executed(this.#wire), gtid)) {
      throw damage(`the statement succeeded, but not under its GTID ${gtid}`);
    }
  }

  /** DDL is atomic on InnoDB only, and only the server knows what a table is of. */
  async #isAtomic({ table, usesDefaultEngine }: Provable): Promise<boolean> {
    if (usesDefaultEngine) {
      const [row] = await this.#wire.rows(
        'SELECT @@session.default_storage_engine AS engine',
      );
      return row.engine?.toLowerCase() === 'innodb';
    }
    if (!table) {
      return true;
    }
    // One that does not exist makes the statement fail, or do nothing.
    const rows = await this.#wire.rows(
      `SELECT ENGINE AS engine FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${escape(
        table.schema ?? this.#facts.schema,
      )} AND TABLE_NAME = ${escape(table.name)}`,
    );
    return rows.every(({ engine }) => engine?.toLowerCase() === 'innodb');
  }

  async #choose(): Promise<Token | undefined> {
    const { gtids } = this.#facts;
    const list = await executed(this.#wire);
    const before = gtids && lastOf(list, gtids.serverUuid);
    if (!gtids || !before) {
      return undefined;
    }
    const [row] = await this.#wire.rows(
      this.#tables.lastProofSql(`gtid ${this.#uuid}:`),
    );
    const last = Math.max(lastOf(list, this.#uuid), Number(row.last ?? 0));
    const [{ now }] = await this.#wire.rows('SELECT UTC_TIMESTAMP(3) AS now');
    return {
      gtid: `${this.#uuid}:${last + 1}`,
      witness: `${gtids.serverUuid}:${before}`,
      chosenAt: `${now?.replace(' ', 'T')}Z`,
      isDurable: gtids.isDurable,
    };
  }
}

/**
 * What the server's list of GTIDs says of a doubtful statement. To be asked
 * under the lock: only then can the old session no longer commit it.
 *
 * @remarks
 * A GTID that is there proves its commit. One that is not proves that there was
 * none only if the list itself is whole: what was in it before is in it still,
 * and the server has not been restarted since, or writes its list so that no
 * crash shortens it.
 */
export async function judge(
  wire: Wire,
  facts: ServerFacts,
  row: LedgerRow,
): Promise<'applied' | 'not_applied' | undefined> {
  const token = row.state === 'started' ? read(row.proof) : undefined;
  if (!token || !facts.gtids || row.serverId !== facts.identity.id) {
    return undefined;
  }
  const list = await executed(wire);
  if (contains(list, token.gtid)) {
    return 'applied';
  }
  if (!contains(list, token.witness)) {
    return undefined;
  }
  if (token.isDurable) {
    return 'not_applied';
  }
  const { latest } = await startOfServer(wire);
  return latest < Date.parse(token.chosenAt) ? 'not_applied' : undefined;
}

function written({ gtid, witness, chosenAt, isDurable }: Token): string {
  return `gtid ${gtid} after ${witness} at ${chosenAt}${
    isDurable ? ' durable' : ''
  }`;
}

function read(proof: string | undefined): Token | undefined {
  const [, gtid, witness, chosenAt, durable] = TOKEN.exec(proof ?? '') ?? [];
  return gtid
    ? { gtid, witness, chosenAt, isDurable: durable !== undefined }
    : undefined;
}

async function executed(wire: Wire): Promise<string> {
  const [row] = await wire.rows('SELECT @@global.gtid_executed AS list');
  return (row.list ?? '').toLowerCase();
}

/** First and last numbers of a UUID's intervals, e.g. of `uuid:1-5:8`; those behind a tag are of another series. */
function intervals(list: string, uuid: string): Array<[number, number]> {
  const parts = list
    .split(',')
    .map(part => part.trim().split(':'))
    .find(([name]) => name === uuid);
  const found: Array<[number, number]> = [];
  for (const part of parts?.slice(1) ?? []) {
    const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (!first) {
      break;
    }
    found.push([Number(first), Number(last ?? first)]);
  }
  return found;
}

function lastOf(list: string, uuid: string): number {
  return intervals(list, uuid).at(-1)?.[1] ?? 0;
}

function contains(list: string, gtid: string): boolean {
  const [uuid, number] = gtid.split(':');
  return intervals(list, uuid).some(
    ([first, last]) => first <= Number(number) && Number(number) <= last,
  );
}

/** The same for the same text; marked as version 8, "made by rules of its own". */
function uuidOf(text: string): string {
  const hex = sha256(`migrate-hub gtid\0${text}`);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function damage(why: string): TargetError {
  return new TargetError({
    code: 'SESSION_DAMAGED',
    message: `What this statement did cannot be proved: ${why}`,
    mayHaveSideEffects: true,
  });
}
