import {
  Run,
  RunItem,
  RunSummary,
  itemStatementSchema,
  pendingApprovalQuerySchema,
  runItemListQuerySchema,
  runListQuerySchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { z } from 'zod';
import { canApprove, mayDecide } from '../domain/approvals';
import { Hold } from '../domain/holds';
import { RunRecord } from '../domain/types';
import { HubError } from '../errors';
import { Cursor, decodeCursor, toPage } from '../store/cursor';
import { Tx } from '../store/Database';
import { findDbTargets } from '../store/dbTargets';
import { isExecutorAlive } from '../store/executors';
import { findMigrationIdByKey, readSqlText } from '../store/migrations';
import { findPlanSummary, readPlan } from '../store/plans';
import { findProjectByKey } from '../store/projects';
import { findRunItem, listRunItems } from '../store/runItems';
import {
  dbSetsOfRun,
  findRunListRow,
  itemCounts,
  listRuns,
  RunFilter,
  RunListRow,
} from '../store/runLists';
import { comparisonOf, currentRevisions } from '../store/runRevisions';
import { findRun } from '../store/runs';
import { findUserId } from '../store/users';
import { lookUpActors } from './actors';
import { ClaimConditions } from './ClaimConditions';
import { CommandContext } from './context';
import { readDecisionSubjects } from './decisionSubjects';
import { EnvironmentPolicies } from './EnvironmentPolicies';
import { Gate, principal } from './Gate';
import { ordinalOf, statementViews } from './itemStatements';
import { RunFactsReader } from './RunFacts';
import { runActions } from './runActions';
import {
  holdView,
  peopleOf,
  runItemView,
  runSummaryView,
  runView,
} from './runViews';

type Page<T> = { items: T[]; nextCursor?: string };

/** Waiting runs that are looked at in one go for those that somebody may decide. */
const LOOKED_AT = 200;

/** Items that come with the run itself; the rest by page. */
const FIRST_ITEMS = 200;

/** Reads runs for people. */
export class RunQueries {
  readonly #knex: Knex;
  readonly #facts: RunFactsReader;
  readonly #gate: Gate;
  readonly #environments: EnvironmentPolicies;
  readonly #conditions: ClaimConditions;

  private constructor(options: {
    knex: Knex;
    facts: RunFactsReader;
    gate: Gate;
    environments: EnvironmentPolicies;
  }) {
    this.#knex = options.knex;
    this.#facts = options.facts;
    this.#gate = options.gate;
    this.#environments = options.environments;
    this.#conditions = ClaimConditions.create(options.facts);
  }

  static create(options: {
    knex: Knex;
    facts: RunFactsReader;
    gate: Gate;
    environments: EnvironmentPolicies;
  }): RunQueries {
    return new RunQueries(options);
  }

  async list(
    _context: CommandContext,
    query: z.output<typeof runListQuerySchema>,
  ): Promise<Page<RunSummary>> {
    const filter = await this.#filter(query);
    if (!filter) return { items: [] };
    const rows = await listRuns(this.#knex, filter, {
      limit: query.limit,
      after: decodeCursor(query.cursor),
      order: 'newest',
    });
    return this.summaries(this.#knex, rows, query.limit);
  }

  async get(context: CommandContext, id: string): Promise<Run> {
    return this.view(this.#knex, context, id);
  }

  async items(
    _context: CommandContext,
    id: string,
    query: z.output<typeof runItemListQuerySchema>,
  ): Promise<Page<RunItem>> {
    const { type } = await this.found(this.#knex, id);
    const rows = await listRunItems(
      this.#knex,
      { runId: id, status: query.status, outcome: query.outcome },
      { limit: query.limit, afterOrdinal: ordinalOf(query.cursor) },
    );
    const page = rows.slice(0, query.limit);
    const targets = await findDbTargets(this.#knex, {
      ids: page.map(row => row.targetId),
    });
    const byId = new Map(targets.map(target => [target.id, target]));
    return {
      items: page.map(row => {
        const target = byId.get(row.targetId);
        if (!target) throw new Error(`no target ${row.targetId}`);
        return runItemView(row, { target, type });
      }),
      nextCursor:
        rows.length > page.length
          ? String(page[page.length - 1].ordinal)
          : undefined,
    };
  }

  /** The statements of an item and how far each is. */
  async itemStatements(
    _context: CommandContext,
    itemId: string,
    query: { limit: number; cursor?: string },
  ): Promise<Page<z.output<typeof itemStatementSchema>>> {
    const item = await findRunItem(this.#knex, itemId);
    if (!item) {
      throw new HubError(
        'NOT_FOUND',
        `There is no run item with id ${itemId}.`,
      );
    }
    const revisions = await currentRevisions(this.#knex, [item.runId]);
    const revision = revisions.get(item.runId);
    if (!revision) throw new Error(`run ${item.runId} is incomplete`);
    return statementViews({
      item,
      plan: await readPlan(this.#knex, revision.planHash),
      sql: await readSqlText(this.#knex, revision.checksum),
      limit: query.limit,
      cursor: query.cursor,
    });
  }

  /** Runs that wait for approval, oldest first; `mine`: those the caller may decide. */
  async pending(
    context: CommandContext,
    query: z.output<typeof pendingApprovalQuerySchema>,
  ): Promise<Page<RunSummary>> {
    if (query.environment) this.#environments.configured(query.environment);
    const awaiting = (page: { limit: number; after?: Cursor }) =>
      listRuns(
        this.#knex,
        { status: ['awaiting_approval'], environment: query.environment },
        { ...page, order: 'oldest' },
      );
    let after = decodeCursor(query.cursor);
    if (query.scope === 'all') {
      const rows = await awaiting({ limit: query.limit, after });
      return this.summaries(this.#knex, rows, query.limit);
    }
    if (!canApprove(context.caller.user)) return { items: [] };
    const mine: RunListRow[] = [];
    for (;;) {
      const rows = await awaiting({ limit: LOOKED_AT, after });
      mine.push(...(await this.#decidable(context, rows)));
      const last = rows[rows.length - 1];
      // One more than the page tells summaries() that there is a next one.
      if (mine.length > query.limit || rows.length <= LOOKED_AT) {
        return this.summaries(
          this.#knex,
          mine.slice(0, query.limit + 1),
          query.limit,
        );
      }
      after = { at: last.exactCreatedAt, id: last.id };
    }
  }

  /** @throws HubError `NOT_FOUND` */
  async found(tx: Tx, id: string): Promise<RunRecord> {
    const run = await findRun(tx, id);
    if (run) return run;
    throw new HubError('NOT_FOUND', `There is no run with id ${id}.`);
  }

  async summaries(
    tx: Tx,
    rows: RunListRow[],
    limit: number,
  ): Promise<Page<RunSummary>> {
    const counts = await itemCounts(
      tx,
      rows.map(row => row.id),
    );
    const actor = await lookUpActors(tx, rows.flatMap(peopleOf));
    return toPage(rows, limit, {
      at: row => row.exactCreatedAt,
      item: row => runSummaryView(row, { counts: counts(row.id), actor }),
    });
  }

  /** The whole run as this caller sees it, in the given transaction. */
  async view(tx: Tx, context: CommandContext, id: string): Promise<Run> {
    const row = await findRunListRow(tx, id);
    if (!row) throw new HubError('NOT_FOUND', `There is no run with id ${id}.`);
    const facts = await this.#facts.read(tx, row);
    const counts = await itemCounts(tx, [id]);
    const actor = await lookUpActors(tx, [
      ...peopleOf(row),
      row.executedBy,
      ...facts.approvals.map(approval => approval.approverId),
    ]);
    const executeRefusals = this.#gate.executeBlockers(facts, {
      caller: context.caller,
      skipDisabledTargets: false,
    });
    const underWay = ['queued', 'running'].includes(row.status);
    const conditions = underWay
      ? await this.#conditions.of(tx, facts)
      : undefined;
    const hold = conditions?.hold ?? (underWay && (await deaf(tx, row)));
    const opensAt = this.#gate.opensAt(facts);
    const open = ['awaiting_approval', 'approved'].includes(row.status);
    return runView(runSummaryView(row, { counts: counts(id), actor }), {
      facts,
      plan: await findPlanSummary(tx, facts.revision.planHash),
      sql: await readSqlText(tx, facts.revision.checksum),
      dbSets: await dbSetsOfRun(tx, id),
      comparison: await comparisonOf(tx, row),
      actor,
      blockers: open
        ? executeRefusals.map(({ code, message }) => ({
            action: 'execute',
            code,
            message,
          }))
        : [],
      timing: {
        opensAt:
          opensAt && opensAt > facts.now ? opensAt.toISOString() : undefined,
        waitingFor: holdView(hold || undefined),
        wave: conditions?.wave,
      },
      actions: runActions(context.caller, {
        facts,
        gate: this.#gate,
        hold: conditions?.hold,
        opensAt,
      }),
      firstItems: FIRST_ITEMS,
    });
  }

  /** Those of the runs that the caller may approve, all at once: hundreds may wait. */
  async #decidable(
    context: CommandContext,
    rows: RunListRow[],
  ): Promise<RunListRow[]> {
    const facts = await readDecisionSubjects(
      this.#knex,
      this.#environments,
      rows,
    );
    return rows.filter(row => {
      const subject = facts.get(row.id);
      return (
        subject &&
        !mayDecide({
          ...subject,
          ...principal(context.caller),
          decision: 'approve',
        })
      );
    });
  }

  async #filter(
    query: z.output<typeof runListQuerySchema>,
  ): Promise<RunFilter | undefined> {
    if (query.environment) this.#environments.configured(query.environment);
    const filter: RunFilter = {
      status: query.status,
      environment: query.environment,
      type: query.type,
    };
    if (query.project) {
      filter.projectId = (
        await findProjectByKey(this.#knex, query.project)
      )?.id;
      if (!filter.projectId) return undefined;
    }
    if (query.migration) {
      filter.migrationId = /^[0-9a-f-]{36}$/.test(query.migration)
        ? query.migration
        : await findMigrationIdByKey(this.#knex, query.migration);
      if (!filter.migrationId) return undefined;
    }
    if (query.requestedBy) {
      filter.requestedBy = await findUserId(this.#knex, query.requestedBy);
      if (!filter.requestedBy) return undefined;
    }
    return filter;
  }
}

/** So long an executor may be silent before a run counts as waiting for one. */
const SILENT_SECONDS = 60;

/** A run that nothing holds, and that nobody is there to claim. */
async function deaf(tx: Tx, run: RunRecord): Promise<Hold | undefined> {
  const ask = { needs: run.needs, withinSeconds: SILENT_SECONDS };
  if (await isExecutorAlive(tx, ask)) return undefined;
  return {
    kind: 'executor',
    message:
      'No executor that knows how to run this has been heard of for a minute. Start one, or bring those that are there up to date.',
    who: 'whoever operates the hub',
  };
}
