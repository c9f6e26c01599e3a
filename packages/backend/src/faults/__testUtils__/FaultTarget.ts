import { createHash, randomBytes } from 'crypto';
import { openSession, Row, ServerAddress, Session, withSession } from './sql';

/** Tables that scripts use; none has a key, so that a statement that ran twice shows. */
const TABLES = ['ran', 'gate', 'late', 'marks'];

/** A database that the hub migrates, and what the test can see and do in it. */
export class FaultTarget {
  readonly server: ServerAddress;
  readonly database: string;
  /** Of the hub's record of it. */
  id = '';
  #gatekeeper: Session | undefined;

  static async create(server: ServerAddress): Promise<FaultTarget> {
    const target = new FaultTarget(
      server,
      `faults_${randomBytes(6).toString('hex')}`,
    );
    await withSession(server, undefined, admin =>
      admin.query(`create database ${target.database}`),
    );
    await withSession(server, target.database, async session => {
      for (const table of TABLES) {
        await session.query(`create table ${table} (k varchar(64))`);
      }
    });
    return target;
  }

  private constructor(server: ServerAddress, database: string) {
    this.server = server;
    this.database = database;
  }

  get isPostgres(): boolean {
    return this.server.name === 'postgres';
  }

  async query(sql: string): Promise<Row[]> {
    return withSession(this.server, this.database, one => one.query(sql));
  }

  async count(from: string): Promise<number> {
    const [row] = await this.query(`select count(*) as n from ${from}`);
    return Number(row.n);
  }

  /** Keeps every statement on that table waiting until {@link openGate}. */
  async closeGate(table: string): Promise<void> {
    const session = await openSession(this.server, this.database);
    this.#gatekeeper = session;
    if (this.isPostgres) {
      await session.query('begin');
      await session.query(`lock table ${table} in access exclusive mode`);
    } else {
      await session.query(`lock tables ${table} write`);
    }
  }

  /** A transaction of somebody else that has done this and stays open until its session is closed. */
  async openTransaction(sql: string): Promise<Session> {
    const session = await openSession(this.server, this.database);
    await session.query('begin');
    await session.query(sql);
    return session;
  }

  async openGate(): Promise<void> {
    const gatekeeper = this.#gatekeeper;
    this.#gatekeeper = undefined;
    await gatekeeper?.close().catch(() => undefined);
  }

  /** Sessions of the hub in this database, by their id. */
  async hubSessions(): Promise<string[]> {
    if (this.isPostgres) {
      const rows = await this.query(
        `select pid::text as id from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()
           and application_name like 'migrate-hub%'`,
      );
      return rows.map(({ id }) => String(id));
    }
    // Not of information_schema: MySQL makes a table for it, and the disk may be full.
    const sql = 'show processlist';
    const rows = await this.query(sql);
    return rows
      .filter(({ db, Info }) => db === this.database && Info !== sql)
      .map(({ Id }) => String(Id));
  }

  /** A statement of the hub waits at the gate. */
  async isAtGate(): Promise<boolean> {
    const rows = this.isPostgres
      ? await this.query(
          `select from pg_stat_activity
           where datname = current_database() and wait_event_type = 'Lock'
             and application_name like 'migrate-hub%'`,
        )
      : await this.query(
          `select id from information_schema.processlist
           where db = database() and state like '%metadata lock%'`,
        );
    return rows.length > 0;
  }

  async endHubSessions(): Promise<number> {
    const ids = await this.hubSessions();
    for (const id of ids) {
      const end = this.isPostgres
        ? `select pg_terminate_backend(${id})`
        : `kill connection ${id}`;
      // Gone by itself in between.
      await this.query(end).catch(() => undefined);
    }
    return ids.length;
  }

  /** Whether anybody holds the hub's lock of this database. */
  async isLocked(): Promise<boolean> {
    if (this.isPostgres) {
      const locks = await this.query(
        `select from pg_locks where locktype = 'advisory' and database =
           (select oid from pg_database where datname = current_database())`,
      );
      return locks.length > 0;
    }
    const name = createHash('sha256')
      .update(`migrate-hub lock\0${this.database}`)
      .digest('hex')
      .slice(0, 48);
    const [row] = await this.query(`select is_used_lock('mh_${name}') as used`);
    return row.used !== null;
  }

  /** Holds the hub's lock, as another hub would. */
  async holdLock(): Promise<Session> {
    const session = await openSession(this.server, this.database);
    const hash = (text: string) => createHash('sha256').update(text);
    await session.query(
      this.isPostgres
        ? `select pg_advisory_lock('${hash('migrate-hub target lock')
            .digest()
            .readBigInt64BE(0)}'::int8)`
        : `select get_lock('mh_${hash(`migrate-hub lock\0${this.database}`)
            .digest('hex')
            .slice(0, 48)}', 0)`,
    );
    return session;
  }

  async drop(): Promise<void> {
    await this.openGate();
    await withSession(this.server, undefined, admin =>
      admin.query(
        this.isPostgres
          ? `drop database if exists ${this.database} with (force)`
          : `drop database if exists ${this.database}`,
      ),
    );
  }
}
