import { Binding } from '@migrate-hub/backstage-plugin-migrate-hub-common';

type BoundTarget = Binding['targets'][number];

/** One thing that an approval covers and that is not what it was. */
export type BindingChange =
  | { kind: 'field'; field: string; before: string; after: string }
  | { kind: 'target'; target: string; before: string; after: string }
  | { kind: 'added' | 'gone'; target: string };

const canary = ({ rollout }: Binding): string | undefined => {
  if (!rollout.canary) return undefined;
  const { targets, then, waveSize } = rollout.canary;
  const pause = then === 'person' ? 'a person' : `${then.soakMinutes} min`;
  return `${targets} first, then ${pause}${
    waveSize ? `, waves of ${waveSize}` : ''
  }`;
};

/** All that is not a target, as text. The plan and the checksum follow from the SQL. */
const fields = {
  version: binding => binding.version,
  mode: binding => binding.mode,
  lockTimeoutSeconds: binding => binding.lockTimeoutSeconds,
  statementTimeoutSeconds: binding => binding.statementTimeoutSeconds,
  notBefore: binding => binding.schedule?.notBefore,
  parallelism: binding => binding.rollout.parallelism,
  stopAfterFailures: binding => binding.rollout.stopAfterFailures,
  canary,
} satisfies Record<string, (binding: Binding) => string | number | undefined>;

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
  for (const [field, of] of Object.entries(fields)) {
    const [old, current] = [of(before), of(after)];
    if (old === current) continue;
    changes.push({
      kind: 'field',
      field,
      before: String(old ?? '–'),
      after: String(current ?? '–'),
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
