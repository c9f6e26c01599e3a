import { isDeepStrictEqual } from 'util';
import { isGlassBroken } from '../domain/breakGlass';
import {
  ApprovalJudgement,
  hasQuorum,
  judgeApprovals,
} from '../domain/approvals';
import { buildBinding, digestOf } from '../domain/binding';
import { HeldPolicy, stricterPolicy } from '../domain/policy';
import { PromotionSource } from '../domain/promotion';
import { AdminCircle } from '../domain/secondAdmin';
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
import { Tx } from '../store/Database';
import { findDbTargets } from '../store/dbTargets';
import { countAppliedByUs, holdingsOf } from '../store/holdings';
import { statesOf } from '../store/migrations';
import { RunBasis } from '../store/runBasis';
import { itemsOfRun } from '../store/runItems';
import { verifyApproval } from './approvalEvidence';
import { EnvironmentPolicies } from './EnvironmentPolicies';
import { verifyBreakGlass } from './breakGlassEvidence';
import {
  KnownRevisions,
  readRevisionBasis,
  RevisionBasis,
} from './KnownRevisions';
import { KnownRunBases } from './KnownRunBases';
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
  /** For who may confirm a broken glass; empty while none waits for that. */
  adminCircle: AdminCircle;
  /** Two admins let it start whatever windows and freezes say. */
  glassBroken: boolean;
  /** The database's clock. */
  now: Date;
}

/** All of it that does not grow with the number of targets. */
export type CommonFacts = Omit<RunFacts, 'items' | 'targets' | 'currentDigest'>;

interface JudgeOptions {
  /** Instead of today's policy. */
  today?: EnvironmentPolicy;
  promotion?: 'read' | 'skip';
}

/** Reads {@link RunFacts}. */
export class RunFactsReader {
  readonly #environments: EnvironmentPolicies;
  readonly #signer: Signer;
  readonly #grants: RoleGrants;
  readonly #revisions: KnownRevisions;
  readonly #bases = new KnownRunBases();

  private constructor(options: {
    environments: EnvironmentPolicies;
    revisions: KnownRevisions;
    signer: Signer;
  }) {
    this.#environments = options.environments;
    this.#revisions = options.revisions;
    this.#signer = options.signer;
    this.#grants = RoleGrants.create(options.signer);
  }

  static create(options: {
    environments: EnvironmentPolicies;
    revisions: KnownRevisions;
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
    const facts = await this.#read(tx, run, await readRevisionBasis(tx, run));
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
   * The same as far as single targets are concerned: without the items, and
   * for each of these targets as if it were the only one. `currentDigest` is
   * the approved one exactly if nothing that it covers has changed at this
   * target.
   */
  async readForTargets(
    tx: Tx,
    ask: { runId: string; targetIds: string[] },
  ): Promise<{
    run: RunRecord;
    factsFor: (targetId: string) => Omit<RunFacts, 'items'>;
  }> {
    const records = await this.#records(tx, ask);
    const { run, targets: found } = records;
    const known = await this.#revisions.get(tx, run);
    const facts = await this.#judge(tx, { ...records, basis: known });
    const basis = bindingBasis(facts);
    const { binding, digest } = facts.revision;
    const factsFor = (targetId: string) => {
      const isThis = (target: { id: string }) => target.id === targetId;
      const targets = found.filter(isThis);
      const now = buildBinding({ ...basis, targets });
      const bound = { ...binding, targets: binding.targets.filter(isThis) };
      const same = known?.sound && isDeepStrictEqual(now, bound);
      return {
        ...facts,
        targets,
        currentDigest: same ? digest : digestOf(now),
      };
    };
    return { run, factsFor };
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
    const facts = await this.#read(tx, run, known, { today });
    return facts.judgement;
  }

  /**
   * What the conditions of a claim ask: no target.
   *
   * @param options - `promotion`: also what stands in the environment before,
   * which every worker asks again for its item
   */
  async readForClaim(
    tx: Tx,
    run: RunRecord,
    options: { promotion: 'read' | 'skip' },
  ): Promise<CommonFacts> {
    const known = await this.#revisions.get(tx, run);
    return this.#read(tx, run, known, options);
  }

  async #records(
    tx: Tx,
    ask: { runId: string; targetIds: string[] },
  ): Promise<RunBasis & { targets: DbTargetRecord[] }> {
    const records = await this.#bases.read(tx, ask);
    if (!records) throw new Error(`run ${ask.runId} is incomplete`);
    return records;
  }

  async #read(
    tx: Tx,
    run: RunRecord,
    basis: RevisionBasis | undefined,
    options: JudgeOptions = {},
  ): Promise<CommonFacts> {
    const records = await this.#records(tx, { runId: run.id, targetIds: [] });
    return this.#judge(tx, { ...records, run, basis }, options);
  }

  async #judge(
    tx: Tx,
    records: RunBasis & { basis: RevisionBasis | undefined },
    options: JudgeOptions = {},
  ): Promise<CommonFacts> {
    const { run, migration, approvals, basis } = records;
    if (!basis) throw new Error(`run ${run.id} is incomplete`);
    const { revision, version, changerIds } = basis;
    const users = new Map(
      [...records.users].map(([id, user]) => [id, this.#grants.counted(user)]),
    );
    const { policy: today, now } = this.#environments.of(
      run.environment,
      records.environmentPolicy,
    );
    const policy = stricterPolicy(revision.policy, options.today ?? today);
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
      adminCircle:
        run.breakGlass && !run.breakGlass.confirmed
          ? await this.#grants.adminCircle(tx)
          : new Map(),
      glassBroken: isGlassBroken({ run, revision, users, now }, glass =>
        verifyBreakGlass(this.#signer, run.id, glass),
      ),
      promotionSource: await readPromotionSource(tx, {
        migrationId: run.migrationId,
        checksumUp: version.checksumUp,
        requireSuccessIn:
          options.promotion === 'skip' ? undefined : policy.requireSuccessIn,
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
    scheme: revision.binding.scheme,
    notBefore: revision.binding.schedule?.notBefore,
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
    appliedByUs: await countAppliedByUs(tx, {
      ...ask,
      targetIds: holdings
        .filter(one => one.checksumUp === ask.checksumUp)
        .map(one => one.targetId),
    }),
  };
}

/** The part of {@link RunFacts} that tells who may decide. */
export function decisionFacts(facts: RunFacts) {
  const { run, revision, version, changerIds, policy, approvals } = facts;
  const lacksQuorum = !hasQuorum(facts.judgement);
  return {
    run,
    revision,
    versionAuthorId: version.createdBy,
    changerIds,
    policy,
    approvals,
    lacksQuorum,
  };
}
