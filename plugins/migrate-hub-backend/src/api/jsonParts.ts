import { stretchesOf } from '@migrate-hub/backstage-plugin-migrate-hub-node';

/** What has more characters is written in parts. */
const LARGE = 500_000;

/** Whether a value comes to a long JSON text; looks no further than it takes to know. */
export function isLarge(value: unknown): boolean {
  const left = [value];
  let size = 0;
  while (left.length > 0) {
    const one = left.pop();
    size += typeof one === 'string' ? one.length : 10;
    if (size > LARGE) return true;
    if (typeof one === 'object' && one !== null) {
      for (const member of Object.values(one)) left.push(member);
    }
  }
  return false;
}

/**
 * What `JSON.stringify` makes of plain data, in parts of moderate length: fifty
 * megabytes of SQL at once would hold up everybody else.
 */
export function* jsonParts(value: unknown): Generator<string> {
  let part = '';
  for (const piece of piecesOf(value)) {
    part += piece;
    if (part.length > LARGE) {
      yield part;
      part = '';
    }
  }
  yield part;
}

function* piecesOf(value: unknown): Generator<string> {
  if (!isLarge(value)) {
    yield JSON.stringify(value) ?? 'null';
  } else if (typeof value === 'string') {
    yield '"';
    for (const stretch of stretchesOf(value)) {
      yield JSON.stringify(stretch).slice(1, -1);
    }
    yield '"';
  } else if (Array.isArray(value)) {
    for (const [index, member] of value.entries()) {
      yield index > 0 ? ',' : '[';
      yield* piecesOf(member);
    }
    yield ']';
  } else {
    let before = '{';
    for (const [name, member] of Object.entries(value as object)) {
      if (member === undefined) continue;
      yield `${before}${JSON.stringify(name)}:`;
      yield* piecesOf(member);
      before = ',';
    }
    yield '}';
  }
}
