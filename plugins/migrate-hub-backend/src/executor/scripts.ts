import { createHash } from 'crypto';
import {
  breathe,
  Plan,
  sha256Of,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';

/** Bytes that are hashed in one go; then others get their turn. */
const SLICE = 4_000_000;

/**
 * Hashes what is about to be sent: the whole script and each statement as the
 * plan cuts it.
 *
 * @returns what is wrong, or undefined if these are the bytes that were approved
 */
export async function scriptMismatch(options: {
  bytes: Buffer;
  plan: Plan;
  checksum: string;
}): Promise<string | undefined> {
  const { bytes, plan, checksum } = options;
  const whole = await sha256Of(bytes);
  if (whole !== checksum || plan.checksum !== checksum) {
    return `The stored SQL does not have the checksum ${checksum} that was approved.`;
  }
  let hashed = 0;
  let end = 0;
  for (const [index, statement] of plan.statements.entries()) {
    const slice = bytes.subarray(statement.start, statement.end);
    const sha256 =
      slice.length > SLICE
        ? await sha256Of(slice)
        : createHash('sha256').update(slice).digest('hex');
    if (sha256 !== statement.sha256 || statement.start < end) {
      return `Statement ${
        index + 1
      } is not the one that was approved: its bytes have another hash.`;
    }
    end = statement.end;
    hashed += slice.length + 1_000;
    if (hashed > SLICE) {
      hashed = 0;
      await breathe();
    }
  }
  return unitMismatch(plan);
}

/** Units must cover rising, separate ranges, and mean what the mode says. */
function unitMismatch(plan: Plan): string | undefined {
  let next = 0;
  for (const unit of plan.units) {
    const sound =
      unit.first >= next &&
      unit.last >= unit.first &&
      unit.last < plan.statements.length &&
      (unit.transactional || unit.first === unit.last);
    if (!sound) return 'The stored plan is not one that can be executed.';
    next = unit.last + 1;
  }
  const atomic = plan.units.every(unit => unit.transactional);
  if (
    plan.mode === 'single_transaction' &&
    (!atomic || plan.units.length > 1)
  ) {
    return 'The stored plan is not one that can be executed.';
  }
  return undefined;
}
