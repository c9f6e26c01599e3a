import { Binding } from '@migrate-hub/backstage-plugin-migrate-hub-common';

type BoundTarget = Binding['targets'][number];

/** One thing that an approval covers and that is not what it was. */
export type BindingChange =
  | { kind: 'field'; field: string; before: string; after: string }
  | { kind: 'target'; target: string; before: string; after: string }
  | { kind: 'added' | 'gone'; target: string };

const FIELDS = [
  'version',
  'mode',
  'lockTimeoutSeconds',
  'statementTimeoutSeconds',
] as const;

const address = (target: BoundTarget): string => {
  const { engine, username, host, port, database } = target;
  return `${engine}://${username}@${host}:${port}/${database}`;
};

/** What the address does not say: server, TLS, history table. */
const whole = (target: BoundTarget): string =>
  `${address(target)} (server ${target.serverIdentity}, TLS ${
    target.tls.mode
  }, history ${[target.historySchema, target.historyTable]
    .filter(Boolean)
    .join('.')})`;

/** What differs between two states of a run, for people. The SQL is compared elsewhere. */
export function bindingChanges(
  before: Binding,
  after: Binding,
): BindingChange[] {
  const changes: BindingChange[] = [];
  for (const field of FIELDS) {
    if (before[field] === after[field]) continue;
    changes.push({
      kind: 'field',
      field,
      before: String(before[field]),
      after: String(after[field]),
    });
  }
  if (before.rollout.parallelism !== after.rollout.parallelism) {
    changes.push({
      kind: 'field',
      field: 'parallelism',
      before: String(before.rollout.parallelism),
      after: String(after.rollout.parallelism),
    });
  }
  const now = new Map(after.targets.map(target => [target.id, target]));
  for (const target of before.targets) {
    const successor = now.get(target.id);
    now.delete(target.id);
    if (!successor) {
      changes.push({ kind: 'gone', target: address(target) });
    } else if (whole(successor) !== whole(target)) {
      changes.push({
        kind: 'target',
        target: target.database,
        before: whole(target),
        after: whole(successor),
      });
    }
  }
  for (const target of now.values()) {
    changes.push({ kind: 'added', target: address(target) });
  }
  return changes;
}
