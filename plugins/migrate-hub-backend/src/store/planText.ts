import { createHash } from 'crypto';
import {
  breathe,
  Plan,
  sha256Of,
  utf8Of,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { canonicalJson } from '../crypto/canonical';

/** So many statements are written or read at a stretch; then others get their turn. */
const AT_A_STRETCH = 2_000;

/**
 * Where one statement ends and the next begins. Within a JSON string it cannot
 * stand: its quote would have a backslash before it.
 */
const BETWEEN = '},{"end":';

/**
 * The canonical JSON of a plan and its sha256, as `canonicalJson` gives it, but
 * without holding up everybody else for a hundred thousand statements.
 */
export async function planTextOf(
  plan: Plan,
): Promise<{ text: string; hash: string }> {
  const { statements, ...rest } = plan;
  const mark = '"statements":[]';
  const frame = canonicalJson({ ...rest, statements: [] });
  const at = frame.indexOf(mark) + mark.length - 1;
  const pieces = [frame.slice(0, at)];
  for (let from = 0; from < statements.length; from += AT_A_STRETCH) {
    const batch = statements.slice(from, from + AT_A_STRETCH);
    pieces.push(from > 0 ? ',' : '', canonicalJson(batch).slice(1, -1));
    await breathe();
  }
  pieces.push(frame.slice(at));
  const hash = createHash('sha256');
  for (const piece of pieces) {
    hash.update(piece);
    await breathe();
  }
  return { text: pieces.join(''), hash: hash.digest('hex') };
}

/**
 * Reads what {@link planTextOf} wrote.
 *
 * @throws Error if the text is not what its hash says
 */
export async function readPlanText(text: string, hash: string): Promise<Plan> {
  if ((await sha256Of(await utf8Of(text))) !== hash) {
    throw new Error(`the stored plan ${hash} was changed`);
  }
  const open = '"statements":[';
  const begin = text.indexOf(open) + open.length;
  const end = text.indexOf('],"units":', begin);
  const plan: Plan = JSON.parse(text.slice(0, begin) + text.slice(end));
  for (let from = begin; from < end; ) {
    const to = boundary(text, from, end);
    plan.statements.push(...JSON.parse(`[${text.slice(from, to)}]`));
    from = to + 1;
    await breathe();
  }
  return plan;
}

/** So much text is read at a stretch. */
const BYTES_AT_A_STRETCH = 500_000;

/** The comma behind some statements, or the end. */
function boundary(text: string, from: number, end: number): number {
  const next = text.indexOf(BETWEEN, from + BYTES_AT_A_STRETCH);
  return next < 0 || next >= end ? end : next + 1;
}
