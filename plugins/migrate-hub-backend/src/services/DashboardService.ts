import { Dashboard } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { atLeast } from '../domain/roles';
import {
  environmentCounts,
  recentActivity,
  totals,
  unresolvedItems,
} from '../store/dashboard';
import { findRunListRow, listRuns } from '../store/runs';
import { lookUpActors } from './actors';
import { CommandContext } from './context';
import { EnvironmentPolicies } from './EnvironmentPolicies';
import { summaryOf } from './historySummary';
import { RunQueries } from './RunQueries';

/** A dashboard is one screen: more of a kind stands in its list. */
const SHOWN = 20;

/** What needs me, what runs, what happened. */
export class DashboardService {
  readonly #knex: Knex;
  readonly #queries: RunQueries;
  readonly #environments: EnvironmentPolicies;

  private constructor(options: {
    knex: Knex;
    queries: RunQueries;
    environments: EnvironmentPolicies;
  }) {
    this.#knex = options.knex;
    this.#queries = options.queries;
    this.#environments = options.environments;
  }

  static create(options: {
    knex: Knex;
    queries: RunQueries;
    environments: EnvironmentPolicies;
  }): DashboardService {
    return new DashboardService(options);
  }

  async get(context: CommandContext): Promise<Dashboard> {
    const tx = this.#knex;
    const toApprove = await this.#queries.pending(context, {
      scope: 'mine',
      limit: SHOWN,
    });
    const active = await listRuns(
      tx,
      { status: ['queued', 'running'] },
      { limit: SHOWN, order: 'newest' },
    );
    const events = await recentActivity(tx, SHOWN);
    const actor = await lookUpActors(
      tx,
      events.map(event => event.actorId),
    );
    const counts = await environmentCounts(tx);
    return {
      waitingForMe: [
        ...toApprove.items.map(run => ({
          kind: 'approve' as const,
          run,
          since: run.createdAt,
        })),
        ...(await this.#toExecute(context)),
        ...(await this.#toResolve(context)),
      ],
      pendingApprovals: toApprove.items.length,
      activeRuns: (await this.#queries.summaries(tx, active, SHOWN)).items,
      recentActivity: events.map(event => ({
        at: event.at.toISOString(),
        actor: event.actorId ? actor(event.actorId) : undefined,
        action: event.action,
        environment: event.environment,
        run: event.runId,
        migration: event.migrationKey,
        summary: summaryOf(event),
      })),
      environments: this.#environments.names.map(name => {
        const found = counts.find(one => one.environment === name);
        return {
          name,
          executed: found?.executed ?? 0,
          failed: found?.failed ?? 0,
          waiting: found?.waiting ?? 0,
        };
      }),
      counts: await totals(tx),
    };
  }

  /** Approved runs that I asked for, where I may execute. */
  async #toExecute(
    context: CommandContext,
  ): Promise<Dashboard['waitingForMe']> {
    const { user } = context.caller;
    const rows = await listRuns(
      this.#knex,
      { status: ['approved'], requestedBy: user.id },
      { limit: SHOWN, order: 'oldest' },
    );
    const environments = await this.#environments.readAll(this.#knex);
    const places = environments
      .filter(({ policy }) => policy.executeRoles.includes(user.role))
      .map(({ name }) => name);
    const mine = rows.filter(row => places.includes(row.environment));
    const page = await this.#queries.summaries(this.#knex, mine, SHOWN);
    return page.items.map(run => ({
      kind: 'execute',
      run,
      since: run.createdAt,
    }));
  }

  /** Items whose outcome nobody knows, for those who may settle it. */
  async #toResolve(
    context: CommandContext,
  ): Promise<Dashboard['waitingForMe']> {
    if (!atLeast(context.caller.user.role, 'manager')) return [];
    const items = await unresolvedItems(this.#knex, SHOWN);
    const waiting: Dashboard['waitingForMe'] = [];
    for (const item of items) {
      const row = await findRunListRow(this.#knex, item.runId);
      if (!row) continue;
      const page = await this.#queries.summaries(this.#knex, [row], 1);
      waiting.push({
        kind: 'resolve',
        run: page.items[0],
        item: item.id,
        since: item.finishedAt.toISOString(),
      });
    }
    return waiting;
  }
}
