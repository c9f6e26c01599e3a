import {
  Engine,
  RunType,
  runRequestSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { z } from 'zod';
import { promotionRefusal } from '../domain/promotion';
import { Refusal } from '../domain/refusal';
import {
  DbTargetRecord,
  MigrationRecord,
  VersionRecord,
} from '../domain/types';
import { HubError } from '../errors';
import { Tx } from '../store/Database';
import { findDbSets } from '../store/dbSets';
import { findDbTargets } from '../store/dbTargets';
import { Holding, holdingsOf } from '../store/holdings';
import { findVersion, listVersions, readSqlText } from '../store/migrations';
import { Drivers, driverFor, PlannedScript, planScript } from './planning';
import { readPromotionSource } from './RunFacts';
import { EnvironmentWithPolicy } from './EnvironmentPolicies';

type Request = z.output<typeof runRequestSchema>;

/** What a request comes to; with blockers it cannot be made. */
export interface PreparedRun {
  dbSetIds: string[];
  targets: DbTargetRecord[];
  engine?: Engine;
  /** The version it binds, with the checksum of the script that would run. */
  version?: VersionRecord;
  checksum?: string;
  planned?: PlannedScript;
  blockers: Refusal[];
}

const block = (
  code: Refusal['code'],
  message: string,
  details?: Record<string, unknown>,
): Refusal => ({ code, message, details });

/** Works out what a request binds and everything that stands against it. Writes nothing. */
export async function prepareRun(
  tx: Tx,
  options: {
    migration: MigrationRecord;
    environment: EnvironmentWithPolicy;
    request: Request;
    drivers: Drivers;
  },
): Promise<PreparedRun> {
  const { migration, environment, request, drivers } = options;
  const blockers: Refusal[] = [];
  const dbSetIds = [...new Set(request.dbSetIds)];
  const targets = await chosenTargets(tx, options, dbSetIds, blockers);
  const engines = [...new Set(targets.map(target => target.engine))].sort();
  if (engines.length > 1) {
    blockers.push(
      block(
        'MIXED_ENGINES',
        `The chosen targets are of several engines (${engines.join(
          ', ',
        )}), and a run has one. Request one run for each engine with targetIds.`,
        {
          targetIds: Object.fromEntries(
            engines.map(engine => [
              engine,
              targets
                .filter(target => target.engine === engine)
                .map(target => target.id),
            ]),
          ),
        },
      ),
    );
  }
  const prepared: PreparedRun = { dbSetIds, targets, blockers };
  if (engines.length !== 1) return prepared;
  prepared.engine = engines[0];

  const version = await boundVersion(tx, {
    migration,
    type: request.type,
    environment: environment.name,
    targets,
    blockers,
  });
  if (!version) return prepared;
  prepared.version = version;
  const checksum =
    request.type === 'apply' ? version.checksumUp : version.checksumDown;
  if (!checksum) {
    blockers.push(
      block(
        'NO_DOWN_SCRIPT',
        `Version ${version.version} of '${migration.key}' has no sql_down, so there is nothing to roll back with. Write a new migration that undoes it.`,
      ),
    );
    return prepared;
  }
  prepared.checksum = checksum;

  const { requireSuccessIn } = environment.policy;
  const promotion = promotionRefusal({
    type: request.type,
    environment: environment.name,
    requireSuccessIn,
    required: version,
    source: (await readPromotionSource(tx, {
      migrationId: migration.id,
      checksumUp: version.checksumUp,
      requireSuccessIn,
    })) ?? { state: undefined, appliedByUs: 0 },
  });
  if (promotion) blockers.push(promotion);

  try {
    prepared.planned = await planScript(driverFor(drivers, prepared.engine), {
      name: `${request.type === 'apply' ? 'sql_up' : 'sql_down'} of '${
        migration.key
      }' version ${version.version}`,
      sql: await readSqlText(tx, checksum),
      mode: version.transactionMode,
      historyTables: targets.map(target => target.historyTable),
    });
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    blockers.push(block(error.code, error.message, error.details));
  }
  return prepared;
}

/** Enabled targets of the sets, or those of them that were chosen. */
async function chosenTargets(
  tx: Tx,
  options: {
    migration: MigrationRecord;
    environment: EnvironmentWithPolicy;
    request: Request;
  },
  dbSetIds: string[],
  blockers: Refusal[],
): Promise<DbTargetRecord[]> {
  const { migration, environment, request } = options;
  const sets = await findDbSets(tx, dbSetIds);
  for (const id of dbSetIds) {
    const set = sets.find(one => one.id === id);
    if (!set) {
      throw new HubError('INVALID_INPUT', `There is no DB set with id ${id}.`);
    }
    if (
      set.projectId !== migration.projectId ||
      set.environment !== environment.name
    ) {
      throw new HubError(
        'INVALID_INPUT',
        `DB set '${set.name}' belongs to project '${set.projectKey}' in ${set.environment}; this request is for project '${migration.projectKey}' in ${environment.name}.`,
      );
    }
    if (set.disabled) {
      blockers.push(block('DISABLED', `DB set '${set.name}' is disabled.`));
    }
  }
  const all = await findDbTargets(tx, { dbSetIds });
  const chosen = request.targetIds && new Set(request.targetIds);
  for (const id of chosen ?? []) {
    const target = all.find(one => one.id === id);
    if (!target) {
      throw new HubError(
        'INVALID_INPUT',
        `Target ${id} is not in the DB sets of this request.`,
      );
    }
    if (target.disabled) {
      blockers.push(block('DISABLED', `Target '${target.name}' is disabled.`));
    }
  }
  const targets = all.filter(
    target =>
      !target.disabled &&
      !target.parentDisabled &&
      (!chosen || chosen.has(target.id)),
  );
  if (targets.length === 0) {
    blockers.push(
      block(
        'NO_TARGETS',
        `There is no enabled target to run on in ${environment.name}. Add one to the DB set, or enable one.`,
      ),
    );
  }
  return targets;
}

/** Apply binds the current version; rollback the one that the targets hold. */
async function boundVersion(
  tx: Tx,
  options: {
    migration: MigrationRecord;
    type: RunType;
    environment: string;
    targets: DbTargetRecord[];
    blockers: Refusal[];
  },
): Promise<VersionRecord | undefined> {
  const { migration, targets, blockers } = options;
  const current = await findVersion(tx, migration.id, migration.version);
  if (options.type === 'apply') return current;

  const wanted = new Set(targets.map(target => target.id));
  const holdings = (
    await holdingsOf(tx, migration.id, options.environment)
  ).filter(one => wanted.has(one.targetId) && one.checksumUp);
  const byChecksum = new Map<string, Holding[]>();
  for (const holding of holdings) {
    const key = holding.checksumUp ?? '';
    byChecksum.set(key, [...(byChecksum.get(key) ?? []), holding]);
  }
  if (byChecksum.size === 0) return current;
  const versions = await listVersions(tx, migration.id);
  const held = [...byChecksum].map(([checksumUp, targetsWithIt]) => ({
    version: versions.find(one => one.checksumUp === checksumUp),
    targetsWithIt,
  }));
  if (held.length > 1) {
    blockers.push({
      code: 'SEVERAL_VERSIONS_APPLIED',
      message: `The chosen targets hold different versions of '${
        migration.key
      }' (${held
        .map(
          one =>
            `version ${one.version?.version} on ${one.targetsWithIt.length}`,
        )
        .join(', ')}). Request one rollback for each with targetIds.`,
      details: {
        targetIds: Object.fromEntries(
          held.map(one => [
            String(one.version?.version),
            one.targetsWithIt.map(holding => holding.targetId),
          ]),
        ),
      },
    });
    return undefined;
  }
  return held[0].version ?? current;
}
