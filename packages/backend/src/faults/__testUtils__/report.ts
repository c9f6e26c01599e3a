import { Ended } from './Formation';

/** A line for each place, a column for each engine: how the item there ended. */
export function tableOf(results: Ended[]): string[] {
  const lines = new Map<string, string[]>();
  for (const { kind, place, engine, item } of results) {
    const name = `${kind}, ${place}`;
    const cells = lines.get(name) ?? [];
    cells.push(
      `${engine}: ${item.status}/${item.outcome} (${item.attempt}${
        item.error ? ` ${item.error.code}` : ''
      })`,
    );
    lines.set(name, cells);
  }
  return [...lines].map(
    ([name, cells]) => `${name.padEnd(30)} ${cells.join('  ')}`,
  );
}

/** What is wrong, each with where it happened. */
export function violationsIn(results: Ended[]): string[] {
  return results.flatMap(({ engine, kind, place, item, violations }) =>
    violations.map(
      violation =>
        `${engine}, ${kind}, ${place}: ${violation} [${
          item.error?.message ?? 'no error'
        }]`,
    ),
  );
}
