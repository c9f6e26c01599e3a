import { Engine } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  ConnectionTestResult,
  TargetConnection,
  TargetError,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { DbTargetRecord } from '../domain/types';
import { HubError } from '../errors';
import { appendAuditEvent } from '../store/audit';
import { lockDbTarget, saveIdentity, saveTest } from '../store/dbTargets';
import { Commands } from './Commands';
import { CommandContext } from './context';
import { driverFor, Drivers } from './planning';
import { refuse } from './refuse';
import { RunRevisions } from './RunRevisions';
import { Slots } from './Slots';
import { TargetSecrets } from './TargetSecrets';
import { testSummary } from './testSummary';
import { twinRefusal } from './serverIdentity';

const TIMEOUT_MS = 10_000;
const AT_ONCE = 4;
/** More than this many wait for nobody's sake: each may take the whole time limit. */
const MOST_WAITING = 100;

interface Options {
  commands: Commands;
  drivers: Drivers;
  secrets: TargetSecrets;
  revisions: Pick<RunRevisions, 'onTargetChanged'>;
}

/** What the history table of a target says about a migration. */
export interface HistoryFinding {
  history: 'none' | 'same' | 'other' | 'unknown';
  message?: string;
}

/**
 * Talks to targets outside a run: connection tests and a look at the history.
 *
 * @remarks
 * Ten seconds each, four at once on a replica, and never inside a transaction
 * of the metadata store.
 */
export class ConnectionTests {
  readonly #options: Options;
  readonly #slots = new Slots({ atOnce: AT_ONCE, mostWaiting: MOST_WAITING });

  private constructor(options: Options) {
    this.#options = options;
  }

  static create(options: Options): ConnectionTests {
    return new ConnectionTests(options);
  }

  /** Tests a connection and remembers nothing. */
  async probe(
    engine: Engine,
    connection: TargetConnection,
  ): Promise<ConnectionTestResult> {
    const driver = driverFor(this.#options.drivers, engine);
    return this.#slots.run(() =>
      driver.test(connection, { timeoutMs: TIMEOUT_MS }),
    );
  }

  /**
   * Tests a target as it is saved, and keeps the result and who the server is.
   * Another server than before makes a new revision of the runs that wait.
   *
   * @throws HubError `PASSWORD_REQUIRED`, `DUPLICATE_SERVER`, `TARGET_IN_USE`.
   */
  async testSaved(
    target: DbTargetRecord,
    context: CommandContext,
  ): Promise<ConnectionTestResult> {
    const connection = await this.connectionOf(target);
    const result = await this.probe(target.engine, connection);
    const { caller, requestId } = context;
    await this.#options.commands.run({ caller }, async tx => {
      const now = await lockDbTarget(tx, target.id);
      // Edited while the test ran: the result is about what was before.
      if (!now || now.revision !== target.revision) return;

      await saveTest(tx, target.id, result);
      const serverIdentity = result.identity?.id ?? now.serverIdentity;
      await appendAuditEvent(tx, {
        actorId: caller.user.id,
        action: 'db_target.tested',
        entityType: 'db_target',
        entityId: target.id,
        environment: target.environment,
        requestId,
        payload: {
          name: target.name,
          ...testSummary(result),
          ...(serverIdentity !== now.serverIdentity && {
            serverIdentity: {
              before: now.serverIdentity,
              after: serverIdentity,
            },
          }),
        },
      });
      if (serverIdentity && serverIdentity !== now.serverIdentity) {
        const seen = { ...now, serverIdentity };
        refuse(await twinRefusal(tx, seen));
        await saveIdentity(tx, now.id, { serverIdentity, distinct: false });
        await this.#options.revisions.onTargetChanged(tx, context, seen);
      }
    });
    return result;
  }

  /** What a target holds of a migration, without creating anything there. */
  async readHistory(
    target: DbTargetRecord,
    ask: { migrationKey: string; checksumUp?: string },
  ): Promise<HistoryFinding> {
    const driver = driverFor(this.#options.drivers, target.engine);
    try {
      const connection = await this.connectionOf(target);
      const row = await this.#slots.run(() =>
        driver.readHistory(connection, {
          migrationKey: ask.migrationKey,
          timeoutMs: TIMEOUT_MS,
        }),
      );
      if (!row) return { history: 'none' };
      if (row.checksumUp === ask.checksumUp) return { history: 'same' };
      return {
        history: 'other',
        message: `Target '${target.name}' holds another version of it.`,
      };
    } catch (error) {
      if (error instanceof TargetError || error instanceof HubError) {
        return { history: 'unknown', message: error.message };
      }
      throw error;
    }
  }

  /** Calls `work` for each item, a few at once; answers in the order of the items. */
  async forEach<T, R>(
    items: readonly T[],
    work: (item: T) => Promise<R>,
  ): Promise<R[]> {
    const answers = new Array<R>(items.length);
    const queue = items.entries();
    const worker = async () => {
      for (const [index, item] of queue) answers[index] = await work(item);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return answers;
  }

  /**
   * How to get into a target, with its password in clear: keep it in memory only.
   *
   * @throws HubError `PASSWORD_REQUIRED`
   */
  async connectionOf(target: DbTargetRecord): Promise<TargetConnection> {
    return {
      host: target.host,
      port: target.port,
      database: target.database,
      username: target.username,
      ...(await this.#options.secrets.open(target)),
      tls: target.tls,
      historyTable: target.historyTable,
      historySchema: target.historySchema,
    };
  }
}
