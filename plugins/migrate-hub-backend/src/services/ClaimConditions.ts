import { claimRefusals } from '../domain/gate';
import { Hold, holdOfRefusals } from '../domain/holds';
import { HeldPolicy } from '../domain/policy';
import { counted } from '../domain/refusal';
import { rolesText } from '../domain/roles';
import { RunRecord } from '../domain/types';
import { waveHold, waveOf, wavesOf } from '../domain/waves';
import { Tx } from '../store/Database';
import { ClaimLimits } from '../store/runItemClaims';
import {
  failedItems,
  firstUnfinished,
  waveProgress,
} from '../store/runProgress';
import { CommonFacts, gateFacts, RunFactsReader } from './RunFacts';

/** What may be claimed of a run now, and if nothing, why. */
export interface Conditions {
  hold?: Hold;
  limits: ClaimLimits;
  policy: HeldPolicy;
  /** When the transaction began that asks. */
  now: Date;
  /** Of a run with a canary. */
  wave?: { number: number; of: number; targets: number };
}

/**
 * The conditions of a claim: the gate as far as it asks of no single target,
 * and how the run is to be rolled out. Read anew in each claim's transaction,
 * under the lock of the run; no timer decides.
 */
export class ClaimConditions {
  readonly #facts: RunFactsReader;

  private constructor(facts: RunFactsReader) {
    this.#facts = facts;
  }

  static create(facts: RunFactsReader): ClaimConditions {
    return new ClaimConditions(facts);
  }

  /**
   * For a claim.
   *
   * @remarks
   * What stands in the environment before is asked only of a run that was held
   * for it: each worker asks it for its item, and holds the run where it fails.
   */
  async read(tx: Tx, run: RunRecord): Promise<Conditions> {
    const promotion = run.hold === 'promotion' ? 'read' : 'skip';
    const facts = await this.#facts.readForClaim(tx, run, { promotion });
    return this.of(tx, {
      ...facts,
      policy:
        promotion === 'read'
          ? facts.policy
          : { ...facts.policy, requireSuccessIn: undefined },
    });
  }

  /** For everybody who wants to know, from facts that are read already. */
  async of(tx: Tx, facts: CommonFacts): Promise<Conditions> {
    const { run, policy, revision } = facts;
    const refusals = claimRefusals({
      ...gateFacts({
        ...facts,
        targets: [],
        currentDigest: revision.digest,
      }),
      executingPerson: run.executedBy
        ? facts.users.get(run.executedBy)
        : undefined,
    });
    const { parallelism } = policy;
    const waves = await this.#waves(tx, facts);
    const hold =
      holdOfRefusals(refusals) ??
      (await failureHold(tx, run, policy)) ??
      waves?.hold;
    return {
      hold,
      policy,
      now: facts.now,
      wave: waves?.wave,
      limits: {
        held: hold !== undefined,
        parallelism,
        beforeOrdinal: waves?.before,
      },
    };
  }

  async #waves(tx: Tx, { run, policy, revision, now }: CommonFacts) {
    const { canary } = policy;
    const total = revision.binding.targets.length;
    const first = canary && (await firstUnfinished(tx, run.id));
    if (!canary || first === undefined) return undefined;
    const wave = waveOf(canary, first, total);
    const hold = waveHold({
      canary,
      total,
      released: run.releasedWaves,
      progress: { first, ...(await waveProgress(tx, run.id, wave)) },
      now,
      who: rolesText(policy.executeRoles),
    });
    return {
      hold,
      before: wave.to,
      wave: {
        number: wave.number,
        of: wavesOf(canary, total),
        targets: wave.to - wave.from,
      },
    };
  }
}

/** So many have failed that nothing more is to start: by a rule that is stricter since. */
async function failureHold(
  tx: Tx,
  run: RunRecord,
  { stopAfterFailures }: HeldPolicy,
): Promise<Hold | undefined> {
  if (stopAfterFailures === undefined) return undefined;
  const failed = await failedItems(tx, run.id);
  if (failed < stopAfterFailures) return undefined;
  return {
    kind: 'failures',
    message: `${counted(failed, 'target')} failed, and ${
      run.environment
    } stops after ${stopAfterFailures}. Cancel the rest; what was not applied can be retried.`,
    who: 'the requester, managers or admins',
  };
}
