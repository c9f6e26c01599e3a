import { Dashboard } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { administerRefusal } from '../domain/actions';
import { confirmGlassRefusal } from '../domain/breakGlass';
import { continueRefusal } from '../domain/continuation';
import { atLeast } from '../domain/roles';
import {
  brokenGlasses,
  haltedRuns,
  recentActivity,
  unresolvedItems,
} from '../store/dashboard';
import { findRunListRows, listRuns, RunListRow } from '../store/runLists';
import { lookUpActors } from './actors';
import { ClaimConditions } from './ClaimConditions';
import { CommandContext } from './context';
import { EnvironmentPolicies } from './EnvironmentPolicies';
import { EnvironmentSettings } from './EnvironmentSettings';
import { principal } from './Gate';
import { summaryOf } from './historySummary';
import { KeptCounts } from './KeptCounts';
import { RunFactsReader } from './RunFacts';
import { RunQueries } from './RunQueries';

type Waiting = Dashboard['waitingForMe'];

interface Options {
  knex: Knex;
  queries: RunQueries;
  environments: EnvironmentPolicies;
  settings: EnvironmentSettings;
  facts: RunFactsReader;
}

/** A dashboard is one screen: more of a kind stands in its list. */
const SHOWN = 20;

/** What needs me, what runs, what happened. */
export class DashboardService {
  readonly #knex: Knex;
  readonly #queries: RunQueries;
  readonly #environments: EnvironmentPolicies;
  readonly #settings: EnvironmentSettings;
  readonly #facts: RunFactsReader;
  readonly #conditions: ClaimConditions;
  readonly #counts: KeptCounts;

  private constructor(options: Options) {
    this.#knex = options.knex;
    this.#queries = options.queries;
    this.#environments = options.environments;
    this.#settings = options.settings;
    this.#facts = options.facts;
    this.#conditions = ClaimConditions.create(options.facts);
    this.#counts = KeptCounts.create(options);
  }

  static create(options: Options): DashboardService {
    return new DashboardService(options);
  }

  async get(context: CommandContext): Promise<Dashboard> {
    const [toApprove, others, proposalsForMe, activeRuns, activity, counts] =
      await Promise.all([
        this.#toApprove(context),
        Promise.all([
          this.#toExecute(context),
          this.#toContinue(context),
          this.#toConfirm(context),
          this.#toResolve(context),
        ]),
        this.#proposals(context),
        this.#active(),
        this.#activity(),
        this.#counts.read(),
      ]);
    return {
      waitingForMe: [...toApprove, ...others.flat()],
      proposalsForMe,
      pendingApprovals: toApprove.length,
      activeRuns,
      recentActivity: activity,
      environments: this.#environments.names.map(name => {
        const found = counts.environments.find(one => one.environment === name);
        return {
          name,
          executed: found?.executed ?? 0,
          failed: found?.failed ?? 0,
          waiting: found?.waiting ?? 0,
        };
      }),
      counts: counts.totals,
    };
  }

  async #toApprove(context: CommandContext): Promise<Waiting> {
    const page = await this.#queries.pending(context, {
      scope: 'mine',
      limit: SHOWN,
    });
    return page.items.map(run => ({
      kind: 'approve',
      run,
      since: run.createdAt,
    }));
  }

  async #active(): Promise<Dashboard['activeRuns']> {
    const active = await listRuns(
      this.#knex,
      { status: ['queued', 'running'] },
      { limit: SHOWN, order: 'newest' },
    );
    return (await this.#queries.summaries(this.#knex, active, SHOWN)).items;
  }

  async #activity(): Promise<Dashboard['recentActivity']> {
    const events = await recentActivity(this.#knex, SHOWN);
    const actor = await lookUpActors(
      this.#knex,
      events.map(event => event.actorId),
    );
    return events.map(event => ({
      at: event.at.toISOString(),
      actor: event.actorId ? actor(event.actorId) : undefined,
      action: event.action,
      environment: event.environment,
      run: event.runId,
      migration: event.migrationKey,
      summary: summaryOf(event),
    }));
  }

  /** Approved runs that I asked for, where I may execute. */
  async #toExecute(context: CommandContext): Promise<Waiting> {
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

  /** Runs between two waves, or without anybody who may execute them, that I may let go on. */
  async #toContinue(context: CommandContext): Promise<Waiting> {
    const halted = await haltedRuns(this.#knex, SHOWN);
    const rows = await this.#rowsOf(halted.map(({ id }) => id));
    // As a claim asks, so not its targets: a run can have thousands.
    const conditions = await Promise.all(
      rows.map(row => this.#conditions.read(this.#knex, row)),
    );
    const mine = rows.filter((run, index) => {
      const { hold, policy } = conditions[index];
      return !continueRefusal({
        ...principal(context.caller),
        ...{ run, hold, policy },
      });
    });
    const since = new Map(halted.map(run => [run.id, run.since]));
    const page = await this.#queries.summaries(this.#knex, mine, SHOWN);
    return page.items.map(run => ({
      kind: 'continue',
      run,
      since: since.get(run.id)?.toISOString() ?? run.createdAt,
    }));
  }

  /** Runs that another admin wants to start against the clock. */
  async #toConfirm(context: CommandContext): Promise<Waiting> {
    if (administerRefusal(context.caller)) return [];
    const rows = await this.#rowsOf(await brokenGlasses(this.#knex, SHOWN));
    const mine: RunListRow[] = [];
    for (const row of rows) {
      const facts = await this.#facts.read(this.#knex, row);
      if (!confirmGlassRefusal(context.caller, facts)) mine.push(row);
    }
    const page = await this.#queries.summaries(this.#knex, mine, SHOWN);
    return page.items.map(run => ({
      kind: 'confirmBreakGlass',
      run,
      since: run.breakGlass?.requestedAt ?? run.createdAt,
    }));
  }

  /** In the order of the ids. */
  async #rowsOf(ids: string[]): Promise<RunListRow[]> {
    const rows = await findRunListRows(this.#knex, ids);
    return rows.sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
  }

  /** Weaker policies that take me as the second admin. */
  async #proposals(
    context: CommandContext,
  ): Promise<Dashboard['proposalsForMe']> {
    if (administerRefusal(context.caller)) return [];
    const found: Dashboard['proposalsForMe'] = [];
    for (const environment of this.#environments.names) {
      const { proposal, allowedActions } = await this.#settings.get(
        context,
        environment,
      );
      if (!proposal || !allowedActions.includes('confirmProposal')) continue;
      const { changes, reason, proposedBy, proposedAt } = proposal;
      found.push({
        ...{ environment, changes, reason, proposedBy },
        since: proposedAt,
      });
    }
    return found;
  }

  /** Items whose outcome nobody knows, for those who may settle it. */
  async #toResolve(context: CommandContext): Promise<Waiting> {
    if (!atLeast(context.caller.user.role, 'manager')) return [];
    const items = await unresolvedItems(this.#knex, SHOWN);
    const rows = await findRunListRows(
      this.#knex,
      items.map(item => item.runId),
    );
    const page = await this.#queries.summaries(this.#knex, rows, rows.length);
    const runs = new Map(page.items.map(run => [run.id, run]));
    return items.flatMap(item => {
      const run = runs.get(item.runId);
      if (!run) return [];
      const since = item.finishedAt.toISOString();
      return [{ kind: 'resolve' as const, run, item: item.id, since }];
    });
  }
}
