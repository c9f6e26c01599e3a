import {
  ConnectionTest,
  DbSet,
  DbTarget,
  Project,
  Reconciliation,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { ConnectionTestResult } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { SecretBox } from '../crypto/SecretBox';
import {
  dbSetActions,
  dbTargetActions,
  Principal,
  projectActions,
} from '../domain/actions';
import { DbSetRecord, DbTargetRecord, ProjectRecord } from '../domain/types';
import { DbSetContents } from '../store/dbSets';
import { LastRun } from '../store/dbTargets';
import { ReconciliationRecord } from '../store/reconciliations';
import { ActorLookup } from './actors';

export function projectView(
  project: ProjectRecord,
  options: { actor: ActorLookup; principal: Principal },
): Project {
  return {
    id: project.id,
    key: project.key,
    name: project.name,
    description: project.description,
    entityRef: project.entityRef,
    archived: project.archived,
    revision: project.revision,
    createdBy: options.actor(project.createdBy),
    createdAt: project.createdAt.toISOString(),
    updatedAt: project.updatedAt.toISOString(),
    ...projectActions(options.principal, project),
  };
}

export function dbSetView(
  dbSet: DbSetRecord,
  options: {
    contents: DbSetContents;
    actor: ActorLookup;
    principal: Principal;
  },
): DbSet {
  const { total, enabled, failing, engines } = options.contents;
  return {
    id: dbSet.id,
    project: dbSet.projectKey,
    environment: dbSet.environment,
    name: dbSet.name,
    description: dbSet.description,
    disabled: dbSet.disabled,
    revision: dbSet.revision,
    targetCounts: { total, enabled, failing },
    engines,
    createdBy: options.actor(dbSet.createdBy),
    createdAt: dbSet.createdAt.toISOString(),
    updatedAt: dbSet.updatedAt.toISOString(),
    ...dbSetActions(options.principal, dbSet),
  };
}

/** Field by field: the secret of the record goes nowhere. */
export function dbTargetView(
  target: DbTargetRecord,
  options: {
    lastRun?: LastRun;
    reconciliation?: ReconciliationRecord;
    actor: ActorLookup;
    principal: Principal;
  },
): DbTarget {
  const { lastRun, reconciliation } = options;
  return {
    id: target.id,
    dbSet: {
      id: target.dbSetId,
      name: target.dbSetName,
      project: target.projectKey,
      environment: target.environment,
    },
    name: target.name,
    engine: target.engine,
    host: target.host,
    port: target.port,
    database: target.database,
    username: target.username,
    hasPassword: SecretBox.holdsText(target.secret),
    passwordFrom: target.passwordFrom,
    clientCertificate: target.clientCertificate,
    tls: target.tls,
    historyTable: target.historyTable,
    historySchema: target.historySchema,
    serverIdentity: target.serverIdentity,
    disabled: target.disabled,
    revision: target.revision,
    lastTest:
      target.lastTest && target.lastTestAt
        ? {
            ok: target.lastTest.ok,
            at: target.lastTestAt.toISOString(),
            checks: target.lastTest.checks,
          }
        : undefined,
    lastRun: lastRun && {
      id: lastRun.runId,
      migration: lastRun.migrationKey,
      status: lastRun.status,
      at: lastRun.at.toISOString(),
    },
    reconciliation: reconciliation && reconciliationView(reconciliation),
    createdBy: options.actor(target.createdBy),
    createdAt: target.createdAt.toISOString(),
    updatedAt: target.updatedAt.toISOString(),
    ...dbTargetActions(options.principal, target),
  };
}

export function connectionTestView(
  result: ConnectionTestResult,
): ConnectionTest {
  const { ok, identity, latencyMs, checks } = result;
  return {
    ok,
    serverVersion: identity && `${identity.flavour} ${identity.version}`,
    latencyMs,
    checks,
  };
}

export function reconciliationView({
  at,
  lost,
  foreign,
  trail,
  error,
}: ReconciliationRecord): Reconciliation {
  return { at: at.toISOString(), lost, foreign, trail, error };
}
