import { isDeepStrictEqual } from 'util';
import { judgeApprovals, ApprovalJudgement } from '../domain/approvals';
import { buildBinding, digestOf } from '../domain/binding';
import { HeldPolicy, stricterPolicy } from '../domain/policy';
import { PromotionSource } from '../domain/promotion';
import { GateFacts } from '../domain/gate';
import {
  ApprovalRecord,
  DbTargetRecord,
  MigrationRecord,
  RevisionRecord,
  RunItemRecord,
  RunRecord,
  UserRecord,
  VersionRecord,
} from '../domain/types';
import { EnvironmentPolicy } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Signer } from '../crypto/Signer';
import { listApprovals } from '../store/approvals';
import { Tx } from '../store/Database';
import { findDbTargets } from '../store/dbTargets';
import { holdingsOf } from '../store/holdings';
import { findMigration, findVersion, statesOf } from '../store/migrations';
import { itemsOfRun } from '../store/runItems';
import { changersOf, currentRevisions } from '../store/runs';
import { findUsers } from '../store/users';
import { verifyApproval } from './approvalEvidence';
import { EnvironmentPolicies } from './EnvironmentPolicies';
import { KnownRevisions } from './KnownRevisions';
import { RoleGrants } from './RoleGrants';

/** Everything the rules ask about one run, read in the caller's transaction. */
export interface RunFacts {
  run: RunRecord;
  migration: MigrationRecord;
  revision: RevisionRecord;
  /** The version that the revision binds. */
  version: VersionRecord;
  /** The stricter of the policy it was requested under and today's. */
  policy: HeldPolicy;
  approvals: ApprovalRecord[];
  judgement: ApprovalJudgement;
  users: Map<string, UserRecord>;
  items: RunItemRecord[];
  /** Targets of the items, as they are now. */
  targets: DbTargetRecord[];
  /** Digest of what the revision binds with the targets as they are now. */
  currentDigest: string;
  promotionSource?: PromotionSource;
  requester: UserRecord;
  /** Who made revisions after the first. */
  changerIds: string[];
  /** The database's clock. */
  now: Date;
}

/** Reads {@link RunFacts}. */
export class RunFactsReader {
  readonly #environments: EnvironmentPolicies;
  readonly #signer: Signer;
  readonly #grants: RoleGrants;
  readonly #revisions = new KnownRevisions();

  private constructor(options: {
    environments: EnvironmentPolicies;
    signer: Signer;
  }) {
    this.#environments = options.environments;
    this.#signer = options.signer;
    this.#grants = RoleGrants.create(options.signer);
  }

  static create(options: {
    environments: EnvironmentPolicies;
    signer: Signer;
  }): RunFactsReader {
    return new RunFactsReader(options);
  }

  /** Keys that somebody else had, or may have had. */
  get compromisedKeyIds(): string[] {
    return this.#signer.verificationKeys
      .filter(key => key.compromisedSince !== undefined)
      .map(key => key.id);
  }

  async read(tx: Tx, run: RunRecord): Promise<RunFacts> {
    const items = await itemsOfRun(tx, run.id);
    const targets = await findDbTargets(tx, {
      ids: items.map(item => item.targetId),
    });
    const revision = (await currentRevisions(tx, [run.id])).get(run.id);
    const facts = await this.#read(tx, run, revision);
    return {
      ...facts,
      items,
      targets,
      currentDigest: digestOf(
        buildBinding({ ...bindingBasis(facts), targets }),
      ),
    };
  }

  /**
   * The same as far as one target is concerned: without the items, and with
   * this target alone. `currentDigest` is the approved one exactly if nothing
   * that it covers has changed at this target.
   */
  async readForTarget(
    tx: Tx,
    run: RunRecord,
    targetId: string,
  ): Promise<Omit<RunFacts, 'items'>> {
    const known = await this.#revisions.get(tx, run);
    const facts = await this.#read(tx, run, known?.revision);
    const targets = await findDbTargets(tx, { ids: [targetId] });
    const { binding, digest } = facts.revision;
    const now = buildBinding({ ...bindingBasis(facts), targets });
    const bound = {
      ...binding,
      targets: binding.targets.filter(target => target.id === targetId),
    };
    const same = known?.sound && isDeepStrictEqual(now, bound);
    return { ...facts, targets, currentDigest: same ? digest : digestOf(now) };
  }

  /**
   * Whether the approvals of a run would do under another policy than today's.
   * Looks at no target: runs can have thousands.
   */
  async judgeUnder(
    tx: Tx,
    run: RunRecord,
    today: EnvironmentPolicy,
  ): Promise<ApprovalJudgement> {
    const known = await this.#revisions.get(tx, run);
    const facts = await this.#read(tx, run, known?.revision, today);
    return facts.judgement;
  }

  /** All that does not grow with the number of targets. */
  async #read(
    tx: Tx,
    run: RunRecord,
    revision: RevisionRecord | undefined,
    under?: EnvironmentPolicy,
  ): Promise<Omit<RunFacts, 'items' | 'targets' | 'currentDigest'>> {
    const migration = await findMigration(tx, run.migrationId);
    const version =
      revision && (await findVersion(tx, run.migrationId, revision.version));
    if (!revision || !migration || !version) {
      throw new Error(`run ${run.id} is incomplete`);
    }
    const approvals = await listApprovals(tx, [run.id]);
    const found = await findUsers(tx, [
      run.requestedBy,
      version.createdBy,
      ...approvals.map(approval => approval.approverId),
      ...(run.executedBy ? [run.executedBy] : []),
    ]);
    const users = new Map(
      [...found].map(([id, user]) => [id, this.#grants.counted(user)]),
    );
    const { policy: today, now } = await this.#environments.read(
      tx,
      run.environment,
    );
    const policy = stricterPolicy(revision.policy, under ?? today);
    const changerIds = await changersOf(tx, run.id);
    const requester = users.get(run.requestedBy);
    if (!requester) throw new Error(`no user ${run.requestedBy}`);

    return {
      run,
      migration,
      revision,
      version,
      policy,
      approvals,
      users,
      requester,
      changerIds,
      now,
      judgement: judgeApprovals({
        run,
        revision,
        versionAuthorId: version.createdBy,
        changerIds,
        approvals,
        users,
        policy,
        now,
        verify: approval => verifyApproval(this.#signer, approval),
        isCompromised: ({ keyId, createdAt }) =>
          this.#signer.isCompromised(keyId, createdAt),
      }),
      promotionSource: await readPromotionSource(tx, {
        migrationId: run.migrationId,
        checksumUp: version.checksumUp,
        requireSuccessIn: policy.requireSuccessIn,
      }),
    };
  }
}

/** Everything that a binding is built of, but the targets. */
function bindingBasis(
  facts: Pick<RunFacts, 'run' | 'revision' | 'migration'>,
): Omit<Parameters<typeof buildBinding>[0], 'targets'> {
  const { run, revision, migration } = facts;
  return {
    runId: run.id,
    type: run.type,
    environment: run.environment,
    revision: revision.revision,
    migrationKey: migration.key,
    version: revision.version,
    planHash: revision.planHash,
    checksum: revision.checksum,
    mode: revision.binding.mode,
    policy: revision.policy,
  };
}

/** The part of {@link RunFacts} that the gate asks for. */
export function gateFacts(facts: Omit<RunFacts, 'items'>): GateFacts {
  return { ...facts, approvals: facts.judgement };
}

/** What the environment that comes first holds now. */
export async function readPromotionSource(
  tx: Tx,
  ask: { migrationId: string; checksumUp: string; requireSuccessIn?: string },
): Promise<PromotionSource | undefined> {
  const source = ask.requireSuccessIn;
  if (!source) return undefined;
  const states = await statesOf(tx, [ask.migrationId]);
  const holdings = (await holdingsOf(tx, ask.migrationId, source)).filter(
    one => one.enabled,
  );
  const [checksum, ...others] = new Set(holdings.map(one => one.checksumUp));
  return {
    state: states.find(one => one.environment === source),
    executedChecksum: others.length === 0 ? checksum : undefined,
    appliedByUs: holdings.filter(
      one => one.appliedByUs && one.checksumUp === ask.checksumUp,
    ).length,
  };
}

/** The part of {@link RunFacts} that tells who may decide. */
export function decisionFacts(facts: RunFacts) {
  const { run, revision, version, changerIds, policy, approvals } = facts;
  return {
    run,
    revision,
    versionAuthorId: version.createdBy,
    changerIds,
    policy,
    approvals,
  };
}
