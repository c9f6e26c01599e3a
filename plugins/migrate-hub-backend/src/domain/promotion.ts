import { RunType } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Refusal } from './refusal';
import { EnvironmentStateRecord } from './types';

/** What is known now of the environment that has to come first. */
export interface PromotionSource {
  /** Its current state; undefined if the migration was never there. */
  state: EnvironmentStateRecord | undefined;
  /** checksum_up that its enabled targets hold, where they all hold the same. */
  executedChecksum?: string;
  /** Enabled targets there that a run of ours applied that checksum to (not `skipped`, not marked). */
  appliedByUs: number;
}

/** Input of {@link promotionRefusal}. */
export interface PromotionInput {
  type: RunType;
  environment: string;
  requireSuccessIn?: string;
  required: { checksumUp: string };
  source: PromotionSource;
}

/**
 * Whether an apply run may go to an environment that needs success in another
 * first. Reads the current state there, not old runs; checked at request, at
 * `execute` and at every claim.
 */
export function promotionRefusal(input: PromotionInput): Refusal | undefined {
  const { environment, requireSuccessIn, required, source } = input;
  if (input.type !== 'apply' || requireSuccessIn === undefined) {
    return undefined;
  }
  const refuse = (what: string): Refusal => ({
    code: 'PROMOTION_REQUIRED',
    message: `${environment} needs success in ${requireSuccessIn} first: ${what}`,
    details: { environment, requireSuccessIn },
  });

  const { state, executedChecksum, appliedByUs } = source;
  if (state?.state !== 'executed') {
    const progress =
      state && state.executed > 0
        ? ` (${state.executed} of ${state.total} targets so far)`
        : '';
    return refuse(
      `this migration is not executed in ${requireSuccessIn}${progress}. Run it there, then come back.`,
    );
  }
  if (executedChecksum !== required.checksumUp) {
    return refuse(
      `${requireSuccessIn} holds other SQL than this version. Run this version there, then come back.`,
    );
  }
  if (appliedByUs < 1) {
    return refuse(
      `its row is in ${requireSuccessIn}, but no run of the hub applied it there, so nothing shows that this SQL works.`,
    );
  }
  return undefined;
}
