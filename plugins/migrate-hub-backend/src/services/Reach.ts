import { RootConfigService } from '@backstage/backend-plugin-api';
import {
  resolveAddresses,
  ServerIdentity,
  TargetConnection,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Knex } from 'knex';
import {
  OwnDatabases,
  parseReachEntry,
  ReachPolicy,
  reachRefusal,
} from '../domain/reach';
import { ownDatabase, systemIdentifier } from '../store/Database';

const ALLOW = 'migrateHub.reach.allow';

interface Own {
  host: string;
  port: number;
  holds: OwnDatabases['holds'];
}

/** Decides which servers the hub connects to. */
export class Reach {
  readonly #policy: ReachPolicy;
  readonly #own: Own;
  readonly #knex: Knex;
  #ownServer: Promise<string | undefined> | undefined;

  private constructor(policy: ReachPolicy, own: Own, knex: Knex) {
    this.#policy = policy;
    this.#own = own;
    this.#knex = knex;
  }

  /** @throws Error that names the setting, at start-up. */
  static create(options: { config: RootConfigService; knex: Knex }): Reach {
    const { config, knex } = options;
    const allow = config.getOptionalStringArray(ALLOW)?.map((text, index) => {
      const entry = parseReachEntry(text);
      if (entry) return entry;
      throw new Error(
        `${ALLOW}[${index}] must be a host name, *.domain, an IP address or a network such as 10.0.0.0/8, but is '${text}'`,
      );
    });
    const { host, port, database } = ownDatabase(knex);
    const prefix =
      config.getOptionalString('backend.database.prefix') ??
      'backstage_plugin_';
    return new Reach(
      { allow, refuseLoopback: process.env.NODE_ENV === 'production' },
      {
        ...{ host, port },
        // Other plugins keep theirs beside it: sessions, keys of tokens.
        holds: name => name === database || name.startsWith(prefix),
      },
      knex,
    );
  }

  /** A connection that a driver cannot take to an address that is refused. */
  async guarded(connection: TargetConnection): Promise<TargetConnection> {
    const { host, port, database } = connection;
    const own = await this.#ownDatabases(connection);
    return {
      ...connection,
      refuseAddress: address =>
        reachRefusal(this.#policy, { host, port, database, address }, own),
    };
  }

  /**
   * Whether the hub's own records are what answered, whatever the address was.
   * Not known where the hub's account may not ask who its server is.
   */
  async isOwn(
    identity: ServerIdentity,
    { database }: Pick<TargetConnection, 'database'>,
  ): Promise<boolean> {
    if (!this.#own.holds(database)) return false;
    this.#ownServer ??= systemIdentifier(this.#knex);
    const server = await this.#ownServer;
    return server !== undefined && identity.id === `${server}/${database}`;
  }

  /** Names are looked up only where it matters who they are. */
  async #ownDatabases(
    target: Pick<TargetConnection, 'port' | 'database'>,
  ): Promise<OwnDatabases | undefined> {
    const { host, port, holds } = this.#own;
    if (target.port !== port || !holds(target.database)) return undefined;
    return { port, holds, addresses: await resolveAddresses({ host }) };
  }
}
