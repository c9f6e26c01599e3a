import {
  Environment,
  EnvironmentPolicy,
  EnvironmentPreview,
  EnvironmentSettings as EnvironmentSettingsView,
  environmentSettingsUpdateSchema,
  proposalDecisionSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { z } from 'zod';
import { administerRefusal } from '../domain/actions';
import { hasQuorum } from '../domain/approvals';
import { belowFloor, policyChanges } from '../domain/policyComparison';
import { policyText } from '../domain/policyText';
import { secondAdminRefusal } from '../domain/secondAdmin';
import { HubError } from '../errors';
import { appendAuditEvent, NewAuditEvent } from '../store/audit';
import { Tx } from '../store/Database';
import { CHANNELS, notify } from '../store/Listener';
import { wakeRuns } from '../store/runItemClaims';
import { listRuns } from '../store/runLists';
import { lookUpActors } from './actors';
import { Commands } from './Commands';
import { CommandContext } from './context';
import {
  ConfiguredEnvironment,
  EnvironmentPolicies,
  inForce,
  promotionFault,
  ProvedEnvironmentPolicy,
} from './EnvironmentPolicies';
import {
  environmentSettingsView,
  environmentView,
  proposedPolicy,
} from './environmentViews';
import { refuse } from './refuse';
import { RoleGrants } from './RoleGrants';
import { RunFactsReader } from './RunFacts';
import { RunLapses } from './RunLapses';

interface Options {
  commands: Commands;
  environments: EnvironmentPolicies;
  facts: RunFactsReader;
  grants: RoleGrants;
  lapses: RunLapses;
}

/** An environment in the middle of a change. */
interface Locked {
  environment: ConfiguredEnvironment;
  stored: ProvedEnvironmentPolicy;
  /** In force until now. */
  before: EnvironmentPolicy;
}

const SHOWN_RUNS = 200;

/** The policies of the environments, for everybody to read and for admins to set. */
export class EnvironmentSettings {
  readonly #options: Options;

  private constructor(options: Options) {
    this.#options = options;
  }

  static create(options: Options): EnvironmentSettings {
    return new EnvironmentSettings(options);
  }

  /** For everybody, in order of promotion. */
  async list(): Promise<Environment[]> {
    const { commands, environments } = this.#options;
    return (await environments.readAll(commands.knex)).map(environmentView);
  }

  /** @throws HubError `ROLE_REQUIRED`, `UNKNOWN_ENVIRONMENT` */
  async get(
    context: CommandContext,
    name: string,
  ): Promise<EnvironmentSettingsView> {
    refuse(administerRefusal(context.caller));
    return this.#view(this.#options.commands.knex, context, name);
  }

  /** What a policy would change; writes nothing. */
  async preview(
    context: CommandContext,
    name: string,
    policy: EnvironmentPolicy,
  ): Promise<EnvironmentPreview> {
    refuse(administerRefusal(context.caller));
    const { commands, environments } = this.#options;
    const environment = environments.configured(name);
    this.#assertPossible(environment, policy);
    const stored = await environments.stored(commands.knex, name);
    const before = inForce(environment, stored);
    const changes = policyChanges(before, policy, stored.now);
    return {
      policyText: policyText(name, policy),
      changes,
      needsSecondAdmin:
        environment.protected &&
        changes.some(({ effect }) => effect === 'weaker'),
      belowFloor: belowFloor(policy, environment.floor, stored.now),
      losingApproval: await this.#losingApproval(name, { before, policy }),
    };
  }

  /**
   * Sets the whole policy. Where that weakens a protected environment it is
   * kept as a proposal until another admin confirms it.
   *
   * @throws HubError `ROLE_REQUIRED`, `STALE_REVISION`, `BELOW_FLOOR`
   */
  async update(
    context: CommandContext,
    name: string,
    change: z.output<typeof environmentSettingsUpdateSchema>,
  ): Promise<EnvironmentSettingsView> {
    const { environments } = this.#options;
    const { policy, expectedRevision, reason } = change;
    return this.#change(context, name, expectedRevision, async (tx, locked) => {
      const { environment, stored, before } = locked;
      this.#assertPossible(environment, policy);
      this.#assertAboveFloor(locked, policy);
      const changes = policyChanges(before, policy, stored.now);
      // What was not proved is replaced, also by what holds already.
      if (changes.length === 0 && !stored.unproved) return;
      const userId = context.caller.user.id;
      const payload = { before, after: policy, changes, reason };
      const weaker = changes.some(({ effect }) => effect === 'weaker');
      if (environment.protected && weaker) {
        await environments.propose(tx, name, { policy, reason, userId });
        await this.#audit(tx, context, name, {
          action: 'settings.proposed',
          payload,
        });
        return;
      }
      await environments.save(tx, name, { policy, userId });
      await this.#audit(tx, context, name, {
        action: 'settings.changed',
        payload: { ...payload, droppedProposal: stored.proposal?.policy },
      });
    });
  }

  /**
   * Makes a proposal the policy, as a second admin, or takes it away.
   *
   * @throws HubError `ROLE_REQUIRED`, `SECOND_ADMIN`, `NO_PROPOSAL`, `STALE_REVISION`, `BELOW_FLOOR`
   */
  async decide(
    context: CommandContext,
    name: string,
    input: z.output<typeof proposalDecisionSchema>,
  ): Promise<EnvironmentSettingsView> {
    const { environments } = this.#options;
    const { expectedRevision, decision } = input;
    return this.#change(context, name, expectedRevision, async (tx, locked) => {
      const { stored, before } = locked;
      const { proposedBy } = stored;
      if (!stored.proposal || !proposedBy) {
        throw new HubError(
          'NO_PROPOSAL',
          `Nothing is proposed for ${name}. Set a policy first.`,
        );
      }
      const policy = proposedPolicy(stored.proposal);
      const payload = {
        before,
        after: policy,
        changes: policyChanges(before, policy, stored.now),
        reason: stored.proposal.reason,
        proposedBy,
      };
      if (decision === 'reject') {
        await environments.propose(tx, name, undefined);
        await this.#audit(tx, context, name, {
          action: 'settings.proposal_rejected',
          payload,
        });
        return;
      }
      const circle = await this.#options.grants.adminCircle(tx);
      refuse(secondAdminRefusal(context.caller, proposedBy, circle));
      this.#assertAboveFloor(locked, policy);
      const userId = context.caller.user.id;
      await environments.save(tx, name, { policy, userId });
      await this.#audit(tx, context, name, {
        action: 'settings.changed',
        payload,
      });
    });
  }

  /** One transaction, then what follows from it for the open runs. */
  async #change(
    context: CommandContext,
    name: string,
    expectedRevision: number,
    work: (tx: Knex.Transaction, locked: Locked) => Promise<void>,
  ): Promise<EnvironmentSettingsView> {
    refuse(administerRefusal(context.caller));
    const { commands, environments, lapses } = this.#options;
    const environment = environments.configured(name);
    const view = await commands.run(context, async tx => {
      const stored = await environments.lock(tx, name);
      if (stored.revision !== expectedRevision) {
        throw new HubError(
          'STALE_REVISION',
          `The policy of ${name} was changed in the meantime. Look again, then decide.`,
          { details: { revision: stored.revision } },
        );
      }
      await work(tx, {
        environment,
        stored,
        before: inForce(environment, stored),
      });
      return this.#view(tx, context, name);
    });
    if (view.revision === expectedRevision) return view;
    // The gate reads the new policy from now on; this only shows it sooner.
    await wakeRuns(commands.knex, { environment: name });
    await notify(commands.knex, CHANNELS.work);
    await lapses.lapseAll({ environment: name });
    return view;
  }

  #assertPossible(
    environment: ConfiguredEnvironment,
    policy: EnvironmentPolicy,
  ): void {
    const { names } = this.#options.environments;
    const { name } = environment;
    const before = names.slice(0, names.indexOf(name));
    const fault = promotionFault(policy, { name, before });
    if (!fault) return;
    throw new HubError('INVALID_INPUT', `policy.${fault}.`, {
      details: { field: 'policy.requireSuccessIn' },
    });
  }

  #assertAboveFloor(
    { environment, stored }: Locked,
    policy: EnvironmentPolicy,
  ): void {
    const below = belowFloor(policy, environment.floor, stored.now);
    if (below.length === 0) return;
    throw new HubError(
      'BELOW_FLOOR',
      below.map(({ message }) => message).join(' '),
      {
        details: {
          fields: below.map(({ field }) => field),
          who: 'whoever looks after the configuration of the hub',
        },
      },
    );
  }

  /** Runs with enough approvals by the rules of today, and not by the others. */
  async #losingApproval(
    environment: string,
    rules: { before: EnvironmentPolicy; policy: EnvironmentPolicy },
  ): Promise<EnvironmentPreview['losingApproval']> {
    const { commands, facts } = this.#options;
    const { knex } = commands;
    const rows = await listRuns(
      knex,
      { environment, status: ['approved', 'queued', 'running'] },
      { limit: SHOWN_RUNS, order: 'oldest' },
    );
    const losing: EnvironmentPreview['losingApproval'] = [];
    for (const row of rows.slice(0, SHOWN_RUNS)) {
      const now = await facts.judgeUnder(knex, row, rules.before);
      const then = await facts.judgeUnder(knex, row, rules.policy);
      if (!hasQuorum(now) || hasQuorum(then)) continue;
      const { granted, required } = then;
      losing.push({
        id: row.id,
        migration: row.migration.key,
        status: row.status,
        granted,
        required,
        text: `${row.migration.key} (${row.status}) would have ${granted} of the ${required} approvals it needs.`,
      });
    }
    return losing;
  }

  async #view(
    tx: Tx,
    { caller }: CommandContext,
    name: string,
  ): Promise<EnvironmentSettingsView> {
    const { environments, grants } = this.#options;
    const environment = environments.configured(name);
    const stored = await environments.stored(tx, name);
    const { proposedBy, updatedBy } = stored;
    return environmentSettingsView({
      caller,
      environment,
      stored,
      actor: await lookUpActors(tx, [proposedBy, updatedBy]),
      adminCircle: proposedBy ? await grants.adminCircle(tx) : new Map(),
    });
  }

  async #audit(
    tx: Knex.Transaction,
    context: CommandContext,
    name: string,
    event: Pick<NewAuditEvent, 'action' | 'payload'>,
  ): Promise<void> {
    await appendAuditEvent(tx, {
      ...event,
      actorId: context.caller.user.id,
      entityType: 'settings',
      entityId: `environment.${name}`,
      environment: name,
      requestId: context.requestId,
    });
  }
}
