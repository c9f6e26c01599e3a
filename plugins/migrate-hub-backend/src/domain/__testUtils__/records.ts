import { sha256 } from '../../crypto/canonical';
import { buildBinding, digestOf } from '../binding';
import { DEFAULT_ENVIRONMENTS, stricterPolicy } from '../policy';
import {
  ApprovalRecord,
  DbSetRecord,
  DbTargetRecord,
  MigrationRecord,
  ProjectRecord,
  RevisionRecord,
  RunRecord,
  UserRecord,
} from '../types';

/** Noon of the day on which all the stories happen. */
export const NOON = new Date('2026-03-01T12:00:00Z');
export const hoursAfterNoon = (hours: number) =>
  new Date(NOON.getTime() + hours * 3_600_000);

export const UP = sha256('create table t (id int)');
export const OTHER_UP = sha256('create table t (id bigint)');
export const PLAN = sha256('the plan');

export const person = (over: Partial<UserRecord> = {}): UserRecord => ({
  id: 'uma',
  entityRef: `user:default/${over.id ?? 'uma'}`,
  kind: 'person',
  provider: 'local',
  email: `${over.id ?? 'uma'}@example.com`,
  name: over.id ?? 'uma',
  role: 'user',
  ownRole: over.role ?? 'user',
  external: false,
  disabled: false,
  revision: 1,
  createdAt: NOON,
  ...over,
});
export const uma = person();
export const mia = person({ id: 'mia', role: 'manager' });
export const max = person({ id: 'max', role: 'manager' });
export const ada = person({ id: 'ada', role: 'admin' });
export const robot = person({ id: 'robot', kind: 'service' });

export const target = (over: Partial<DbTargetRecord> = {}): DbTargetRecord => ({
  id: 't1',
  dbSetId: 's1',
  dbSetName: 'auth_prd',
  projectId: 'p1',
  projectKey: 'auth',
  environment: 'prd',
  name: 'auth_prd_1',
  engine: 'postgres',
  host: 'db-1',
  port: 5432,
  database: 'auth',
  username: 'hub',
  secret: 'ciphertext',
  tls: { mode: 'verify-full', ca: 'PEM', allowInsecurePassword: false },
  historyTable: 'migrations',
  historySchema: 'public',
  serverIdentity: '7012345/auth',
  disabled: false,
  parentDisabled: false,
  revision: 1,
  createdBy: 'uma',
  createdAt: NOON,
  updatedAt: NOON,
  ...over,
});

export const project = (over: Partial<ProjectRecord> = {}): ProjectRecord => ({
  id: 'p1',
  key: 'auth',
  name: 'Auth',
  archived: false,
  revision: 1,
  createdBy: 'uma',
  createdAt: NOON,
  updatedAt: NOON,
  ...over,
});

export const dbSet = (over: Partial<DbSetRecord> = {}): DbSetRecord => ({
  id: 's1',
  projectId: 'p1',
  projectKey: 'auth',
  environment: 'prd',
  name: 'auth_prd',
  disabled: false,
  revision: 1,
  createdBy: 'uma',
  createdAt: NOON,
  updatedAt: NOON,
  ...over,
});

export const migration = (
  over: Partial<MigrationRecord> = {},
): MigrationRecord => ({
  id: 'm1',
  projectId: 'p1',
  projectKey: 'auth',
  projectArchived: false,
  key: 'auth-142',
  name: 'add sessions index',
  version: 1,
  revision: 1,
  archived: false,
  createdBy: 'uma',
  createdAt: NOON,
  updatedBy: 'uma',
  updatedAt: NOON,
  ...over,
});

export const run = (over: Partial<RunRecord> = {}): RunRecord => ({
  id: 'r1',
  migrationId: 'm1',
  projectId: 'p1',
  environment: 'prd',
  engine: 'postgres',
  type: 'apply',
  status: 'awaiting_approval',
  revision: 1,
  reapproval: false,
  releasedWaves: 0,
  needs: [],
  requestedBy: 'uma',
  createdAt: NOON,
  ...over,
});

export const prdPolicy = DEFAULT_ENVIRONMENTS[2].policy;
/** As a run is held to it that was requested under the same. */
export const heldPrdPolicy = stricterPolicy(prdPolicy, prdPolicy);

export const revision = (
  over: Partial<RevisionRecord> = {},
): RevisionRecord => {
  const binding = buildBinding({
    runId: 'r1',
    revision: over.revision ?? 1,
    type: 'apply',
    environment: 'prd',
    migrationKey: 'auth-142',
    version: 1,
    planHash: PLAN,
    checksum: UP,
    mode: 'single_transaction',
    policy: prdPolicy,
    targets: [target()],
  });
  return {
    runId: 'r1',
    revision: 1,
    version: 1,
    planHash: PLAN,
    checksum: UP,
    policy: prdPolicy,
    binding,
    digest: digestOf(binding),
    cause: 'requested',
    createdBy: 'uma',
    createdAt: NOON,
    ...over,
  };
};

export const approval = (
  over: Partial<ApprovalRecord> = {},
): ApprovalRecord => ({
  id: `approval of ${over.approverId ?? 'mia'}`,
  runId: 'r1',
  revision: 1,
  decision: 'approve',
  digest: revision().digest,
  approverId: 'mia',
  createdAt: NOON,
  canonical: Buffer.from('signed'),
  keyId: 'k1',
  signature: Buffer.from('signature'),
  ...over,
});

export const usersById = (...users: UserRecord[]) =>
  new Map(users.map(user => [user.id, user]));

/** For laws of the form "if this, then that". */
export const implies = (given: boolean, then: boolean) => !given || then;
