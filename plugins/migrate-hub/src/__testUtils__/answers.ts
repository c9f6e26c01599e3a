import {
  Dashboard,
  Environment,
  Me,
  Migration,
  MigrationSummary,
  RunSummary,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { policy } from './fixtures';

/* What a server answers, for the stories of the tests. */

export const actor = {
  id: '01936d5c-0000-7000-8000-000000000001',
  email: 'user@example.com',
  name: 'Uma User',
};
const at = new Date(Date.now() - 2 * 3_600_000).toISOString();

export const me: Me = {
  user: {
    id: actor.id,
    entityRef: 'user:default/u-1',
    email: actor.email,
    name: actor.name,
    role: 'user',
    kind: 'person',
    provider: 'local',
    disabled: false,
    revision: 1,
    createdAt: at,
  },
  actions: [{ action: 'createMigration', allowed: true }],
  allowedActions: ['createMigration'],
};

const environmentsOf = (names: string[]): Environment[] =>
  names.map((name, index) => ({
    name,
    protected: index === names.length - 1,
    policy,
    policyText: `In ${name}: 1 approval.`,
    rules: [],
  }));
export const environments = environmentsOf(['daily', 'stg', 'prd']);
/** Of a company whose production has another name. */
export const environmentsWithLive = environmentsOf(['test', 'live']);

export const run: RunSummary = {
  id: '01936d5c-0000-7000-8000-000000000003',
  migration: {
    id: '01936d5c-0000-7000-8000-000000000002',
    key: 'auth-142',
    name: 'Add sessions index',
    project: 'auth',
  },
  version: 1,
  environment: 'prd',
  engine: 'postgres',
  type: 'apply',
  status: 'approved',
  requestedBy: actor,
  itemCounts: {
    total: 12,
    queued: 12,
    running: 0,
    executed: 0,
    skipped: 0,
    failed: 0,
    canceled: 0,
    unknown: 0,
  },
  createdAt: at,
};

export const summary: MigrationSummary = {
  id: run.migration.id,
  project: 'auth',
  key: 'auth-142',
  name: 'Add sessions index',
  version: 1,
  revision: 1,
  checksumUp: '0'.repeat(64),
  transactionMode: 'auto',
  archived: false,
  states: { daily: 'executed_daily', stg: 'executed_stg', prd: 'approved_prd' },
  stateCounts: {
    daily: { executed: 1, total: 1 },
    stg: { executed: 2, total: 3 },
  },
  createdBy: actor,
  createdAt: at,
  updatedBy: actor,
  updatedAt: at,
};

export const migration: Migration = {
  ...summary,
  sqlUp: 'create index sessions_user on sessions (user_id);\n',
  olderOnTargets: [],
  actions: [
    { action: 'edit', allowed: true },
    { action: 'archive', allowed: true },
    { action: 'request', allowed: true },
  ],
  allowedActions: ['edit', 'archive', 'request'],
};

export const dashboard: Dashboard = {
  waitingForMe: [],
  proposalsForMe: [],
  pendingApprovals: 0,
  activeRuns: [],
  recentActivity: [],
  environments: environments.map(({ name }) => ({
    name,
    executed: 0,
    failed: 0,
    waiting: 0,
  })),
  counts: { projects: 1, migrations: 1, targets: 12, openRuns: 0 },
};
