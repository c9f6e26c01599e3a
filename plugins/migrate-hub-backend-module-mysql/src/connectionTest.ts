import { randomBytes } from 'crypto';
import { escapeId } from 'mysql2';
import { ConnectionCheck } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  ConnectionTestResult,
  ServerIdentity,
  TargetConnection,
  TargetError,
  TargetErrorCode,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Connected, connect } from './connect';
import { Deadline, unreachable } from './dial';
import { asDriverError, SERVER_ERROR } from './errors';
import { excessRights } from './excessRights';
import { assertSupported, readFacts, ServerFacts } from './facts';
import { ownError, Tables } from './tables';
import { Wire } from './wire';

type CheckName = ConnectionCheck['name'];

/** In the order in which a connection gets through them. */
const WAY_IN: CheckName[] = ['reachable', 'tls', 'authentication', 'database'];

const FAILS_AT: Partial<Record<TargetErrorCode, CheckName>> = {
  TLS_FAILED: 'tls',
  AUTHENTICATION_FAILED: 'authentication',
  INSECURE_PASSWORD_REFUSED: 'authentication',
  UNKNOWN_DATABASE: 'database',
};

class ConnectionTest {
  readonly #target: TargetConnection;
  readonly #deadline: Deadline;
  readonly checks: ConnectionCheck[] = [];
  identity: ServerIdentity | undefined;
  latencyMs: number | undefined;

  constructor(target: TargetConnection, deadline: Deadline) {
    this.#target = target;
    this.#deadline = deadline;
  }

  async run(): Promise<void> {
    let connected: Connected;
    try {
      connected = await connect(this.#target, {
        timeoutMs: this.#deadline.leftMs,
        tag: 'migrate-hub connection test',
      });
    } catch (error) {
      this.#wayIn(error as TargetError);
      return;
    }
    this.#wayIn(undefined);
    try {
      await this.#deadline.race(this.#inside(connected), () =>
        unreachable('The server stopped answering in the middle of the test'),
      );
    } catch (error) {
      const { message } = ownError(error, 'The test could not be finished');
      this.#add('reachable', { ok: false, message });
    } finally {
      await connected.wire.end(Math.min(500, this.#deadline.leftMs));
    }
  }

  #add(name: CheckName, check: Omit<ConnectionCheck, 'name'>): void {
    const at = this.checks.findIndex(found => found.name === name);
    if (at >= 0) {
      this.checks[at] = { name, ...check };
    } else {
      this.checks.push({ name, ...check });
    }
  }

  #wayIn(failure: TargetError | undefined): void {
    const failsAt = failure && (FAILS_AT[failure.code] ?? 'reachable');
    const { host, port, database, username, tls } = this.#target;
    const fine: Partial<Record<CheckName, string>> = {
      reachable: `${host}:${port} answers`,
      tls: {
        disable: 'TLS is off: password and data can be read on the way',
        require: 'Encrypted, but nobody checked who answers',
        'verify-ca': 'Encrypted, by a certificate of a trusted authority',
        'verify-full': `Encrypted, and the certificate is for ${host}`,
      }[tls.mode],
      authentication: `Signed in as ${username}`,
      database: `The database ${database} is there`,
    };
    for (const name of WAY_IN) {
      if (name === failsAt) {
        this.#add(name, { ok: false, message: advise(failure as TargetError) });
        return;
      }
      this.#add(name, { ok: true, message: fine[name] ?? '' });
    }
  }

  async #inside({ wire, threadId }: Connected): Promise<void> {
    const asked = performance.now();
    await wire.run('DO 0');
    this.latencyMs = performance.now() - asked;
    const { database } = this.#target;
    const facts = await readFacts(wire, { database, threadId });
    this.identity = facts.identity;
    this.#server(facts);
    const tables = new Tables(facts, this.#target.historyTable);
    const there = await this.#historyTable(wire, tables);
    await this.#privileges(wire, { facts, tables, there });
    const { username } = this.#target;
    const { name, ...found } = await excessRights(wire, {
      username,
      schema: facts.schema,
    });
    this.#add(name, found);
  }

  #server(facts: ServerFacts): void {
    try {
      assertSupported(facts);
      this.#add('version', {
        ok: true,
        message: `${facts.flavour} ${facts.version}`,
      });
    } catch (error) {
      this.#add('version', {
        ok: false,
        message: (error as TargetError).message,
      });
    }
    this.#add('identity', { ok: true, message: facts.identity.id });
    this.#add('pooler', {
      ok: !facts.hasPooler,
      message: facts.hasPooler
        ? 'A pooler or proxy stands in between and shares sessions: a lock would not stay with its run. Give the address of the server itself'
        : 'The session is the server’s own',
    });
    this.#add('cluster', {
      ok: !facts.isGalera,
      message: facts.isGalera
        ? 'A Galera cluster (wsrep_on): named locks hold on one node only, so runs cannot be kept apart. Such targets are not supported'
        : 'Not a Galera cluster',
    });
  }

  async #historyTable(
    wire: Wire,
    tables: Tables,
  ): Promise<{ history: boolean; ledger: boolean } | undefined> {
    try {
      const there = await tables.check(wire);
      this.#add('history_table', {
        ok: true,
        message: there.history
          ? `${tables.historyName} is there and is the hub's`
          : `${tables.historyName} and ${tables.ledgerName} will be made by the first run`,
      });
      return there;
    } catch (error) {
      if (!(error instanceof TargetError) || error.connectionLost) {
        throw error;
      }
      this.#add('history_table', { ok: false, message: error.message });
      return undefined;
    }
  }

  async #privileges(
    wire: Wire,
    {
      facts,
      tables,
      there,
    }: {
      facts: ServerFacts;
      tables: Tables;
      there: { history: boolean; ledger: boolean } | undefined;
    },
  ): Promise<void> {
    const missing = new Set<string>();
    for (const [table, exists] of [
      [tables.history, there?.history],
      [tables.ledger, there?.ledger],
    ] as const) {
      for (const privilege of await deniedOn(
        wire,
        facts,
        exists ? table : undefined,
      )) {
        missing.add(privilege);
      }
    }
    const { username, database } = this.#target;
    const why = [
      missing.size > 0 &&
        `${username} lacks ${[...missing].join(
          ', ',
        )} on ${database}: the hub could not keep its record there. GRANT them on the database`,
      facts.isReadOnly &&
        'The server is read-only: is it a replica? Give the address of the primary',
    ].filter(reason => reason !== false);
    this.#add('privileges', {
      ok: why.length === 0,
      message: why.join('. ') || `${username} may write the hub's tables`,
    });
  }
}

/**
 * Asks the server itself, roles and all: on a table that does not exist it says
 * "no such table" only to those who would have the privilege. EXPLAIN needs the
 * privileges of what it explains and does nothing.
 */
async function deniedOn(
  wire: Wire,
  { schema }: ServerFacts,
  table: string | undefined,
): Promise<string[]> {
  const probe = `migrate_hub_probe_${randomBytes(6).toString('hex')}`;
  const qualified = (name: string) =>
    `${escapeId(schema, true)}.${escapeId(name, true)}`;
  const on = table ?? qualified(probe);
  const probes: Array<[string, string]> = [
    ['SELECT', `EXPLAIN SELECT 1 FROM ${on}`],
    ['INSERT', `EXPLAIN INSERT INTO ${on} (migration_key) VALUES ('')`],
    ['UPDATE', `EXPLAIN UPDATE ${on} SET migration_key = '' WHERE 1 = 0`],
    ['DELETE', `EXPLAIN DELETE FROM ${on} WHERE 1 = 0`],
  ];
  if (!table) {
    const source = qualified(`${probe}_source`);
    probes.push(['CREATE', `CREATE TABLE ${on} LIKE ${source}`]);
  }
  const denied: string[] = [];
  for (const [privilege, sql] of probes) {
    try {
      await wire.run(sql);
    } catch (error) {
      if (error instanceof TargetError) {
        throw error;
      }
      const { errno } = asDriverError(error);
      if (errno === SERVER_ERROR.accessDenied) {
        denied.push(privilege);
      }
    }
  }
  return denied;
}

function advise({ code, message }: TargetError): string {
  switch (code) {
    case 'AUTHENTICATION_FAILED':
      return `${message}. Check user name and password, and from which hosts the account may sign in`;
    case 'UNKNOWN_DATABASE':
      return `${message}. Create it first, or grant the account access to it`;
    case 'TLS_FAILED':
      return `${message}. Check the TLS mode and the authority (CA) of this target`;
    default:
      return message;
  }
}

/** Tries a target from the network to its privileges and changes nothing there. */
export async function testConnection(
  target: TargetConnection,
  { timeoutMs }: { timeoutMs: number },
): Promise<ConnectionTestResult> {
  const started = performance.now();
  const test = new ConnectionTest(target, new Deadline(timeoutMs));
  await test.run();
  return {
    ok: test.checks.every(({ ok }) => ok),
    identity: test.identity,
    latencyMs: Math.round(test.latencyMs ?? performance.now() - started),
    checks: test.checks,
  };
}
