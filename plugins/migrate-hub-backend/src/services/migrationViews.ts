import {
  Migration,
  MigrationSummary,
  MigrationVersion,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  EnvironmentStateRecord,
  MigrationRecord,
  VersionRecord,
} from '../domain/types';
import { standsFailed } from '../domain/environmentState';
import { ActorLookup } from './actors';

/** `executed` in stg is shown as `executed_stg`; a draft belongs to no environment. */
const stateText = (state: string, environment: string): string =>
  state === 'draft' ? state : `${state}_${environment}`;

/** States and counts of one migration, every configured environment in order. */
export function statesView(
  environments: string[],
  records: EnvironmentStateRecord[],
): Pick<MigrationSummary, 'states' | 'stateCounts'> {
  const states: Record<string, string> = {};
  const stateCounts: MigrationSummary['stateCounts'] = {};
  for (const environment of environments) {
    const record = records.find(one => one.environment === environment);
    states[environment] = stateText(record?.state ?? 'draft', environment);
    if (record) {
      stateCounts[environment] = {
        executed: record.executed,
        total: record.total,
        failed: standsFailed(record) || undefined,
      };
    }
  }
  return { states, stateCounts };
}

export function migrationSummaryView(options: {
  migration: MigrationRecord;
  version: Pick<
    VersionRecord,
    'checksumUp' | 'checksumDown' | 'transactionMode'
  >;
  states: Pick<MigrationSummary, 'states' | 'stateCounts'>;
  actor: ActorLookup;
}): MigrationSummary {
  const { migration, version, states, actor } = options;
  return {
    id: migration.id,
    project: migration.projectKey,
    key: migration.key,
    name: migration.name,
    jira: migration.jira,
    version: migration.version,
    revision: migration.revision,
    checksumUp: version.checksumUp,
    checksumDown: version.checksumDown,
    transactionMode: version.transactionMode,
    archived: migration.archived,
    ...states,
    createdBy: actor(migration.createdBy),
    createdAt: migration.createdAt.toISOString(),
    updatedBy: actor(migration.updatedBy),
    updatedAt: migration.updatedAt.toISOString(),
  };
}

export function migrationView(
  summary: MigrationSummary,
  detail: Pick<
    Migration,
    | 'description'
    | 'sqlUp'
    | 'sqlDown'
    | 'olderOnTargets'
    | 'actions'
    | 'allowedActions'
  >,
): Migration {
  return { ...summary, ...detail };
}

export function versionView(
  version: VersionRecord,
  actor: ActorLookup,
): MigrationVersion {
  return {
    version: version.version,
    checksumUp: version.checksumUp,
    checksumDown: version.checksumDown,
    transactionMode: version.transactionMode,
    createdBy: actor(version.createdBy),
    createdAt: version.createdAt.toISOString(),
  };
}

/** The newest version with that checksum: the same SQL may come back later. */
export function versionHeld(
  versions: VersionRecord[],
  checksumUp: string | undefined,
): number | undefined {
  if (!checksumUp) return undefined;
  return versions.find(version => version.checksumUp === checksumUp)?.version;
}
