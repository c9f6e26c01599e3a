import {
  ConnectionTest,
  DbTarget,
  connectionTestRequestSchema,
  dbTargetCreateSchema,
  dbTargetListQuerySchema,
  dbTargetPatchSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { z } from 'zod';
import { inventoryRefusal } from '../domain/actions';
import { DbTargetRecord } from '../domain/types';
import { HubError } from '../errors';
import { appendAuditEvent } from '../store/audit';
import { decodeCursor, toPage } from '../store/cursor';
import { Tx } from '../store/Database';
import * as store from '../store/dbTargets';
import { findProjectByKey } from '../store/projects';
import { reconciliationsOf } from '../store/reconciliations';
import { lookUpActors } from './actors';
import { testSummary } from './testSummary';
import { CommandContext } from './context';
import { DbTargetWriter, DbTargetWriterOptions } from './DbTargetWriter';
import { assertTlsFor } from './clientCertificates';
import { EnvironmentPolicies } from './EnvironmentPolicies';
import { connectionTestView, dbTargetView } from './inventoryViews';
import { refuse } from './refuse';
import { withDefaults } from './targetValues';

interface Options extends DbTargetWriterOptions {
  environments: EnvironmentPolicies;
}

/** DB targets. They are disabled, never deleted. Passwords go in and never come out. */
export class DbTargetsService {
  readonly #options: Options;
  readonly #writer: DbTargetWriter;

  private constructor(options: Options) {
    this.#options = options;
    this.#writer = DbTargetWriter.create(options);
  }

  static create(options: Options): DbTargetsService {
    return new DbTargetsService(options);
  }

  async list(
    context: CommandContext,
    query: z.output<typeof dbTargetListQuerySchema>,
  ): Promise<{ items: DbTarget[]; nextCursor?: string }> {
    const { commands, environments } = this.#options;
    const tx = commands.knex;
    const { limit, cursor, project: key, ...filter } = query;
    if (filter.environment) environments.configured(filter.environment);
    const project = key && (await findProjectByKey(tx, key));
    if (key && !project) return { items: [] };

    const rows = await store.listDbTargets(
      tx,
      { ...filter, projectId: project ? project.id : undefined },
      { limit, after: decodeCursor(cursor) },
    );
    const view = await this.#views(tx, context, rows);
    return toPage(rows, limit, {
      at: row => row.exactCreatedAt,
      item: view,
    });
  }

  async get(context: CommandContext, id: string): Promise<DbTarget> {
    return this.#view(this.#options.commands.knex, context, id);
  }

  /**
   * Tests the connection, then saves the target whatever the test said.
   *
   * @throws HubError `ALREADY_EXISTS`, `DUPLICATE_SERVER`, `DISABLED`, `ARCHIVED`,
   * or what the rules refuse.
   */
  async create(
    context: CommandContext,
    input: z.output<typeof dbTargetCreateSchema>,
  ): Promise<DbTarget> {
    return this.#writer.create(context, input, (tx, id) =>
      this.#view(tx, context, id),
    );
  }

  /**
   * Changes a target; where its connection changes, that is tested first.
   *
   * @throws HubError `STALE_REVISION`, `PASSWORD_REQUIRED`, `TARGET_IN_USE`,
   * `DUPLICATE_SERVER`, `ALREADY_EXISTS`, or what the rules refuse.
   */
  async update(
    context: CommandContext,
    id: string,
    input: z.output<typeof dbTargetPatchSchema>,
  ): Promise<DbTarget> {
    const target = await this.#found(this.#options.commands.knex, id);
    return this.#writer.update(context, { target, input }, tx =>
      this.#view(tx, context, id),
    );
  }

  /** Tests the connection as saved. */
  async test(context: CommandContext, id: string): Promise<ConnectionTest> {
    refuse(inventoryRefusal(context.caller, { act: 'create' }));
    const { commands, connections, limits } = this.#options;
    await limits.count(context, 'connectionTest');
    const target = await this.#found(commands.knex, id);
    return connectionTestView(await connections.testSaved(target, context));
  }

  /** Tests a connection that is not saved; only that it was tried is remembered. */
  async testUnsaved(
    context: CommandContext,
    input: z.output<typeof connectionTestRequestSchema>,
  ): Promise<ConnectionTest> {
    refuse(inventoryRefusal(context.caller, { act: 'create' }));
    const { commands, connections, limits } = this.#options;
    await limits.count(context, 'connectionTest');
    const { engine, host, port, database, username } = input;
    const address = { host, port, database, username };
    const { secrets } = this.#options;
    const credentials = await secrets.reveal(context.caller, input);
    const settings = withDefaults(input);
    assertTlsFor(credentials.clientCertificate && {}, settings.tls);
    const result = await connections.probe(engine, {
      ...address,
      ...settings,
      ...credentials,
    });
    await commands.run({ caller: context.caller }, tx =>
      appendAuditEvent(tx, {
        actorId: context.caller.user.id,
        action: 'db_target.tested',
        entityType: 'db_target',
        entityId: 'unsaved',
        requestId: context.requestId,
        payload: { engine, ...address, ...testSummary(result) },
      }),
    );
    return connectionTestView(result);
  }

  async #found(tx: Tx, id: string): Promise<DbTargetRecord> {
    const target = await store.findDbTarget(tx, id);
    if (target) return target;
    throw new HubError('NOT_FOUND', `There is no DB target with id ${id}.`);
  }

  async #view(tx: Tx, context: CommandContext, id: string): Promise<DbTarget> {
    const target = await this.#found(tx, id);
    const view = await this.#views(tx, context, [target]);
    return view(target);
  }

  async #views(
    tx: Tx,
    context: CommandContext,
    targets: DbTargetRecord[],
  ): Promise<(target: DbTargetRecord) => DbTarget> {
    const ids = targets.map(target => target.id);
    const lastRun = await store.lastRunsOf(tx, ids);
    const reconciliation = await reconciliationsOf(tx, ids);
    const actor = await lookUpActors(
      tx,
      targets.map(target => target.createdBy),
    );
    return target =>
      dbTargetView(target, {
        lastRun: lastRun(target.id),
        reconciliation: reconciliation(target.id),
        actor,
        principal: context.caller,
      });
  }
}
