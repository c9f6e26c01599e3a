import {
  Action,
  ActionName,
  EnvironmentPolicy,
  Run,
  RunItem,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';

export const actor = {
  id: '01936d5c-0000-7000-8000-000000000001',
  email: 'user@example.com',
  name: 'Uma User',
};
export const at = new Date(Date.now() - 2 * 3_600_000).toISOString();

export const policy: EnvironmentPolicy = {
  requestRoles: ['user'],
  approveRoles: ['manager'],
  executeRoles: ['user'],
  resolveRoles: ['manager'],
  approvalsRequired: 1,
  selfApproval: false,
  lockTimeoutSeconds: 30,
  statementTimeoutSeconds: 900,
  parallelism: 8,
};

const allowed = (action: ActionName): Action => ({ action, allowed: true });

export const runItem = (index: number): RunItem => ({
  id: `01936d5c-0000-7000-8000-1${String(index).padStart(11, '0')}`,
  target: {
    id: `01936d5c-0000-7000-8000-2${String(index).padStart(11, '0')}`,
    name: `auth_${index}`,
    dbSet: 'auth_prd',
    host: 'db-1',
    port: 5432,
    database: `auth_${index}`,
  },
  status: 'queued',
  attempt: 0,
  revision: 1,
  statementsDone: 0,
  statementsTotal: 1,
  evidence: [],
  allowedResolutions: [],
});

/** A run of one target in prd that waits for approval. */
export function aRun(changes: Partial<Run> = {}): Run {
  const items = changes.items ?? [runItem(1)];
  const base: Run = {
    id: '01936d5c-0000-7000-8000-000000000003',
    migration: {
      id: '01936d5c-0000-7000-8000-000000000002',
      key: 'auth-142',
      name: 'Add sessions index',
      project: 'auth',
    },
    version: 2,
    environment: 'prd',
    engine: 'postgres',
    type: 'apply',
    status: 'awaiting_approval',
    reason: 'Peak is over',
    requestedBy: actor,
    itemCounts: {
      total: items.length,
      queued: items.length,
      running: 0,
      executed: 0,
      skipped: 0,
      failed: 0,
      canceled: 0,
      unknown: 0,
    },
    createdAt: at,
    dbSets: [{ id: actor.id, name: 'auth_prd' }],
    digest: 'd'.repeat(64),
    binding: {
      scheme: 'migrate-hub/run/1',
      runId: actor.id,
      revision: 1,
      type: 'apply',
      environment: 'prd',
      migrationKey: 'auth-142',
      version: 2,
      planHash: 'a'.repeat(64),
      checksum: 'c'.repeat(64),
      mode: 'single_transaction',
      lockTimeoutSeconds: 30,
      statementTimeoutSeconds: 900,
      rollout: { parallelism: 8 },
      targets: [],
    },
    sql: 'create table sessions (id int);',
    checksum: 'c'.repeat(64),
    comparison: {},
    revision: 1,
    planHash: 'a'.repeat(64),
    approvals: [],
    approvalsRequired: 1,
    analysis: {
      statements: 1,
      transactional: 1,
      mode: 'single_transaction',
      problems: [],
    },
    items,
    blockers: [],
    actions: [
      allowed('approve'),
      allowed('deny'),
      {
        action: 'execute',
        allowed: false,
        code: 'NOT_APPROVED',
        message: 'This run needs 1 approval.',
        who: 'managers or admins',
      },
      allowed('cancel'),
    ],
    allowedActions: ['approve', 'deny', 'cancel'],
  };
  return { ...base, ...changes };
}
