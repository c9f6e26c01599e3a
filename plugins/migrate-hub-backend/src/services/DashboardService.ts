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
    const counts = await this.#counts.read();
    return {
      waitingForMe: [
        ...toApprove.items.map(run => ({
          kind: 'approve' as const,
          run,
          since: run.createdAt,
        })),
        ...(await this.#toExecute(context)),
        ...(await this.#toContinue(context)),
        ...(await this.#toConfirm(context)),
        ...(await this.#toResolve(context)),
      ],
      proposalsForMe: await this.#proposals(context),
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
    const mine: RunListRow[] = [];
    for (const row of rows) {
      // As a claim asks, so not its targets: a run can have thousands.
      const { hold, policy } = await this.#conditions.read(this.#knex, row);
      const refusal = continueRefusal({
        ...principal(context.caller),
        ...{ run: row, hold, policy },
      });
      if (!refusal) mine.push(row);
    }
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
