import {
  Reconciliation,
  reconciliationReportSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  HistoryPage,
  HistoryRow,
  TargetConnection,
  TargetError,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { z } from 'zod';
import { inventoryRefusal } from '../domain/actions';
import { divergenceOf, HeldOnTarget } from '../domain/reconciliation';
import { DbTargetRecord } from '../domain/types';
import { HubError } from '../errors';
import { appendAuditEvent } from '../store/audit';
import { decodeCursor, toPage } from '../store/cursor';
import { findDbTarget, lockDbTarget } from '../store/dbTargets';
import { holdingsOn, keysChanging } from '../store/holdings';
import * as store from '../store/reconciliations';
import { Commands } from './Commands';
import { CommandContext } from './context';
import { driverFor, Drivers } from './planning';
import { reconciliationView } from './inventoryViews';
import { refuse } from './refuse';
import { Slots } from './Slots';

/** For one page, with everything that it may have to wait for. */
const PAGE_MS = 5_000;
const PAGE_ROWS = 1_000;
const AT_ONCE = 4;
const MOST_WAITING = 100;
/** So many targets are listed at a time. */
const TARGETS = 100;
/** A table with more rows that are not ours is another tool's: its count is enough. */
const MOST_FINDINGS = 10_000;

interface Options {
  commands: Commands;
  drivers: Drivers;
  connections: {
    connectionOf(target: DbTargetRecord): Promise<TargetConnection>;
  };
  /** The audit trail, which the ledgers of the targets keep checkpoints of. */
  trail: {
    contradiction(kept: string, who: string): Promise<string | undefined>;
  };
}

/** How a comparison came out, for whoever counts. */
export type ReconciliationResult = 'agrees' | 'differs' | 'failed';

/**
 * Compares what the hub's records say of a target with its history table.
 *
 * @remarks
 * Reads only, page by page, a few targets at once, takes no lock of the hub's
 * and waits for nobody for more than some seconds: a run is never kept from its
 * work. What a run changes meanwhile is left out until the next time.
 */
export class Reconciler {
  readonly #options: Options;
  readonly #slots = new Slots({ atOnce: AT_ONCE, mostWaiting: MOST_WAITING });

  private constructor(options: Options) {
    this.#options = options;
  }

  static create(options: Options): Reconciler {
    return new Reconciler(options);
  }

  /** Compares every enabled target, until it is through or told to stop. */
  async reconcileAll(options: {
    signal?: AbortSignal;
    onResult?: (result: ReconciliationResult) => void;
  }): Promise<void> {
    const { knex } = this.#options.commands;
    let after: string | undefined;
    for (;;) {
      const ids = await store.targetsToReconcile(knex, {
        after,
        limit: TARGETS,
      });
      if (ids.length === 0) return;
      const queue = ids.values();
      const worker = async () => {
        for (const id of queue) {
          if (options.signal?.aborted) return;
          const target = await findDbTarget(knex, id);
          if (!target) continue;
          options.onResult?.(resultOf(await this.#reconcile(target)));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      if (options.signal?.aborted) return;
      after = ids[ids.length - 1];
    }
  }

  /** Compares one target because somebody asked. */
  async reconcile(
    context: CommandContext,
    id: string,
  ): Promise<Reconciliation> {
    refuse(inventoryRefusal(context.caller, { act: 'create' }));
    const target = await this.#found(id);
    return reconciliationView(await this.#reconcile(target, context));
  }

  /** What the last comparison found. */
  async report(
    _context: CommandContext,
    id: string,
    query: { limit: number; cursor?: string },
  ): Promise<z.output<typeof reconciliationReportSchema>> {
    const { knex } = this.#options.commands;
    await this.#found(id);
    const last = await store.reconciliationsOf(knex, [id]);
    const found = last(id);
    const rows = await store.listFindings(knex, id, {
      limit: query.limit,
      after: decodeCursor(query.cursor),
    });
    return {
      reconciliation: found && reconciliationView(found),
      ...toPage(rows, query.limit, {
        at: row => row.exactFirstSeenAt,
        item: ({ exactFirstSeenAt, ...finding }) => finding,
      }),
    };
  }

  async #reconcile(
    target: DbTargetRecord,
    context?: CommandContext,
  ): Promise<store.ReconciliationRecord> {
    const found = await this.#slots.run(() => this.#compare(target));
    return this.#save(target, found, context);
  }

  async #compare(target: DbTargetRecord): Promise<Comparison> {
    const { knex } = this.#options.commands;
    const since = await store.storeTime(knex);
    const held = new Map(
      (await holdingsOn(knex, target.id)).map(one => [one.migrationKey, one]),
    );
    const findings: store.NewFinding[] = [];
    let trail: string | undefined;
    try {
      for await (const { rows, checkpoints } of this.#pages(target)) {
        trail ??= await this.#contradiction(target, checkpoints ?? []);
        const ours = await store.knownRunIds(
          knex,
          rows.map(row => row.toolRunId),
        );
        for (const row of rows) {
          const finding = judge(held.get(row.migrationKey), {
            ...row,
            ours: ours.has(row.toolRunId),
          });
          if (finding) findings.push(finding);
          held.delete(row.migrationKey);
        }
      }
    } catch (error) {
      if (error instanceof TargetError || error instanceof HubError) {
        return { error: error.message };
      }
      throw error;
    }
    for (const one of held.values()) {
      const finding = judge(one, undefined);
      if (finding) findings.push(finding);
    }
    const changing = new Set(await keysChanging(knex, target.id, since));
    return {
      trail,
      findings: findings.filter(
        ({ migrationKey }) => !changing.has(migrationKey),
      ),
    };
  }

  /** What the target has kept of the audit trail against what the hub has now. */
  async #contradiction(
    target: DbTargetRecord,
    checkpoints: string[],
  ): Promise<string | undefined> {
    const who = `the ledger of '${target.name}'`;
    for (const kept of new Set(checkpoints)) {
      const found = await this.#options.trail.contradiction(kept, who);
      if (found) return found;
    }
    return undefined;
  }

  /** @throws TargetError, or HubError if another server answers */
  async *#pages(target: DbTargetRecord): AsyncGenerator<HistoryPage> {
    const { drivers, connections } = this.#options;
    const driver = driverFor(drivers, target.engine);
    const connection = await connections.connectionOf(target);
    let after: string | undefined;
    for (;;) {
      const page = await driver.listHistory(connection, {
        after,
        limit: PAGE_ROWS,
        timeoutMs: PAGE_MS,
      });
      const { identity, rows } = page;
      if (target.serverIdentity && target.serverIdentity !== identity.id) {
        throw new HubError(
          'TARGET_UNREACHABLE',
          `Another server than the known one answers: ${identity.id} instead of ${target.serverIdentity}. Test the target.`,
        );
      }
      yield page;
      if (rows.length < PAGE_ROWS) return;
      after = rows[rows.length - 1].migrationKey;
    }
  }

  async #save(
    target: DbTargetRecord,
    found: Comparison,
    context: CommandContext | undefined,
  ): Promise<store.ReconciliationRecord> {
    const { commands } = this.#options;
    const targetId = target.id;
    return commands.knex.transaction(async tx => {
      await lockDbTarget(tx, targetId);
      const changed = await save(tx, targetId, found);
      const saved = await store.reconciliationsOf(tx, [targetId]);
      const record = saved(targetId);
      if (!record) throw new Error(`no reconciliation of ${targetId}`);
      if (changed || context) {
        const { lost, foreign, trail, error } = record;
        await appendAuditEvent(tx, {
          actorId: context?.caller.user.id,
          action: 'db_target.reconciled',
          entityType: 'db_target',
          entityId: targetId,
          environment: target.environment,
          requestId: context?.requestId,
          payload: { name: target.name, lost, foreign, trail, error },
        });
      }
      return record;
    });
  }

  async #found(id: string): Promise<DbTargetRecord> {
    const target = await findDbTarget(this.#options.commands.knex, id);
    if (target) return target;
    throw new HubError('NOT_FOUND', `There is no DB target with id ${id}.`);
  }
}

type Comparison =
  | { findings: store.NewFinding[]; trail: string | undefined }
  | { error: string };

function resultOf({
  error,
  lost,
  foreign,
  trail,
}: store.ReconciliationRecord): ReconciliationResult {
  if (error) return 'failed';
  return lost + foreign > 0 || trail ? 'differs' : 'agrees';
}

async function save(
  tx: Parameters<typeof store.saveReconciliation>[0],
  targetId: string,
  found: Comparison,
): Promise<boolean> {
  if ('error' in found) {
    await store.saveReconciliationError(tx, targetId, found.error);
    return false;
  }
  const { findings, trail } = found;
  const lost = findings.filter(({ kind }) => kind === 'lost').length;
  const { changed } = await store.saveReconciliation(
    tx,
    { targetId, lost, foreign: findings.length - lost, trail },
    findings.slice(0, MOST_FINDINGS),
  );
  return changed;
}

/** Text of a target may hold what PostgreSQL's text cannot. */
const plain = (text: string) => text.replaceAll('\0', '').slice(0, 400);

function judge(
  held: HeldOnTarget | undefined,
  row: (HistoryRow & { ours: boolean }) | undefined,
): store.NewFinding | undefined {
  const divergence = divergenceOf(held, row);
  const migrationKey = row?.migrationKey ?? held?.migrationKey;
  if (!divergence || migrationKey === undefined) return undefined;
  return {
    ...divergence,
    migrationKey: plain(migrationKey),
    expectedChecksumUp: held?.checksumUp,
    foundChecksumUp: row && plain(row.checksumUp),
    toolRunId: row && plain(row.toolRunId),
    appliedBy: row && plain(row.appliedBy),
  };
}
