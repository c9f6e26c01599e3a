import {
  Binding,
  EnvironmentPolicy,
  RunType,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { canonicalJson, sha256 } from '../crypto/canonical';
import { DbTargetRecord } from './types';

/** Of new revisions. Those before are checked by the scheme they name. */
export const BINDING_SCHEME = 'migrate-hub/run/2';

/** What {@link buildBinding} needs to know. */
export interface BindingInput {
  /** Of the binding to compare with; the newest for a new one. */
  scheme?: Binding['scheme'];
  runId: string;
  revision: number;
  type: RunType;
  environment: string;
  migrationKey: string;
  version: number;
  planHash: string;
  /** Checksum of the SQL that runs: up or down. */
  checksum: string;
  mode: Binding['mode'];
  /** It may not start before. ISO 8601. */
  notBefore?: string;
  /** The policy the run was requested under: its timeouts and how it is rolled out. */
  policy: Pick<
    EnvironmentPolicy,
    | 'lockTimeoutSeconds'
    | 'statementTimeoutSeconds'
    | 'parallelism'
    | 'stopAfterFailures'
    | 'canary'
  >;
  targets: readonly DbTargetRecord[];
}

/**
 * What of a target an approval covers. Absent fields are left out, so that the
 * value is the same after a round trip through JSON.
 *
 * @remarks
 * A target whose server was never seen has the identity `''`, which no server
 * has: a request refuses it before (`IDENTITY_UNKNOWN`).
 */
export function digestedTargetFields(
  target: DbTargetRecord,
): Binding['targets'][number] {
  const { mode, ca, allowInsecurePassword } = target.tls;
  return {
    id: target.id,
    serverIdentity: target.serverIdentity ?? '',
    engine: target.engine,
    host: target.host,
    port: target.port,
    database: target.database,
    username: target.username,
    tls: {
      mode,
      ...(ca === undefined ? {} : { ca }),
      ...(allowInsecurePassword === undefined ? {} : { allowInsecurePassword }),
    },
    historyTable: target.historyTable,
    ...(target.historySchema === undefined
      ? {}
      : { historySchema: target.historySchema }),
  };
}

function rolloutOf({
  parallelism,
  stopAfterFailures,
  canary,
}: BindingInput['policy']): Binding['rollout'] {
  return {
    parallelism,
    ...(stopAfterFailures === undefined ? {} : { stopAfterFailures }),
    ...(canary === undefined ? {} : { canary }),
  };
}

/** Everything an approval of a revision covers, targets sorted by id. */
export function buildBinding(input: BindingInput): Binding {
  const { scheme = BINDING_SCHEME, policy, notBefore } = input;
  return {
    scheme,
    runId: input.runId,
    revision: input.revision,
    type: input.type,
    environment: input.environment,
    migrationKey: input.migrationKey,
    version: input.version,
    planHash: input.planHash,
    checksum: input.checksum,
    mode: input.mode,
    lockTimeoutSeconds: policy.lockTimeoutSeconds,
    statementTimeoutSeconds: policy.statementTimeoutSeconds,
    ...(scheme === 'migrate-hub/run/1'
      ? { rollout: { parallelism: policy.parallelism } }
      : {
          schedule: notBefore === undefined ? {} : { notBefore },
          rollout: rolloutOf(policy),
        }),
    targets: input.targets
      .map(digestedTargetFields)
      // By code unit, not by locale: the digest must be the same everywhere.
      .sort((a, b) => Number(a.id > b.id) - Number(a.id < b.id)),
  };
}

/** sha256 of the canonical JSON of a binding: what an approver agrees to. */
export function digestOf(binding: Binding): string {
  return sha256(canonicalJson(binding));
}
