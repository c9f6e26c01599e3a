import { HubError } from '../errors';

/** @throws HubError `STALE_REVISION` if the entity changed since the caller read it. */
export function assertRevision(
  entity: { revision: number },
  expectedRevision: number,
  noun: string,
): void {
  if (entity.revision === expectedRevision) return;
  throw new HubError(
    'STALE_REVISION',
    `The ${noun} was changed since you read it: it is at revision ${entity.revision} now, you have ${expectedRevision}. Read it again and repeat your change.`,
    { details: { revision: entity.revision } },
  );
}

/** What an update changed, for the audit trail. */
export type Changes = Record<string, { before?: unknown; after?: unknown }>;

/** The given fields whose values differ; what is undefined in `input` was not asked for. */
export function changesOf<T extends object, K extends keyof T & string>(
  entity: T,
  input: { [F in K]?: T[F] | null },
  fields: readonly K[],
): Changes {
  const changes: Changes = {};
  for (const field of fields) {
    if (input[field] === undefined) continue;
    const before = entity[field];
    const after = input[field] ?? undefined;
    if (before !== after) changes[field] = { before, after };
  }
  return changes;
}
