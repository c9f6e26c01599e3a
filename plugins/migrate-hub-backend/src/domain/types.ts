import {
  Binding,
  ClientCertificateFacts,
  Engine,
  EnvironmentPolicy,
  EnvironmentState,
  HoldKind,
  ItemStatus,
  Outcome,
  PasswordSource,
  Role,
  RunItemError,
  RunStatus,
  RunType,
  SqlProblem,
  TlsOptions,
  TransactionMode,
  ConnectionCheck,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';

/*
 * What the hub remembers, as the rules see it. Times are Dates from the
 * database's clock. SQL text and secrets are never part of these.
 */

export interface UserRecord {
  id: string;
  entityRef: string;
  kind: 'person' | 'service';
  provider: string;
  email?: string;
  name: string;
  /** What counts: the stronger of the two below. */
  role: Role;
  ownRole: Role;
  /** By Backstage groups, as of the last call. */
  groupRole?: Role;
  /** Bound to an account of the identity provider. */
  external: boolean;
  /** Who gave the role; absent for config and provisioning. */
  roleGrantedBy?: string;
  /** How they prove who they are. */
  proof?: {
    issuer?: string;
    sub?: string;
    passwordDigest?: string;
    /** The admin who gave the password that this one came from. */
    passwordGivenBy?: string;
  };
  /** The hub's signature over role and identity, see services/RoleGrants. */
  grant?: { at: Date; keyId: string; signature: Buffer };
  disabled: boolean;
  disabledAt?: Date;
  revision: number;
  lastSignInAt?: Date;
  createdAt: Date;
}

export interface ProjectRecord {
  id: string;
  key: string;
  name: string;
  description?: string;
  entityRef?: string;
  archived: boolean;
  revision: number;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
}

export interface DbSetRecord {
  id: string;
  projectId: string;
  projectKey: string;
  environment: string;
  name: string;
  description?: string;
  disabled: boolean;
  revision: number;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
}

export interface DbTargetRecord {
  id: string;
  dbSetId: string;
  dbSetName: string;
  projectId: string;
  projectKey: string;
  environment: string;
  name: string;
  engine: Engine;
  host: string;
  port: number;
  database: string;
  username: string;
  /** Ciphertext of the password, or of where it is; see services/TargetSecrets. */
  secret: string;
  /** Where the password is kept outside the hub. */
  passwordFrom?: PasswordSource;
  /** Ciphertext of the client certificate and its key, or of where they are. */
  clientSecret?: string;
  clientCertificate?: ClientCertificateFacts;
  tls: TlsOptions;
  historyTable: string;
  historySchema?: string;
  serverIdentity?: string;
  disabled: boolean;
  /** The set or the project is disabled or archived. */
  parentDisabled: boolean;
  lastTest?: { ok: boolean; checks: ConnectionCheck[] };
  lastTestAt?: Date;
  revision: number;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
}

export interface MigrationRecord {
  id: string;
  projectId: string;
  projectKey: string;
  projectArchived: boolean;
  key: string;
  name: string;
  jira?: string;
  description?: string;
  version: number;
  revision: number;
  archived: boolean;
  createdBy: string;
  createdAt: Date;
  updatedBy: string;
  updatedAt: Date;
}

export interface VersionRecord {
  migrationId: string;
  version: number;
  checksumUp: string;
  checksumDown?: string;
  transactionMode: TransactionMode;
  createdBy: string;
  createdAt: Date;
}

export interface RunRecord {
  id: string;
  migrationId: string;
  projectId: string;
  environment: string;
  engine: Engine;
  type: RunType;
  status: RunStatus;
  revision: number;
  reason?: string;
  /** An approval of this run was voided and not replaced. */
  reapproval: boolean;
  cancelRequestedAt?: Date;
  /** Executed, to start then. */
  scheduledFor?: Date;
  /** A person let the waves up to this one start. */
  releasedWaves: number;
  /** Schemes that an executor has to know to claim its items. */
  needs: string[];
  breakGlass?: BreakGlass;
  /** Why nothing was claimed at the last look. */
  hold?: HoldKind;
  requestedBy: string;
  executedBy?: string;
  createdAt: Date;
  queuedAt?: Date;
  startedAt?: Date;
  finishedAt?: Date;
}

/** An admin's wish to start a run against the clock, and another admin's word for it. */
export interface BreakGlass {
  reason: string;
  /** What it is for: a later revision needs another. */
  revision: number;
  digest: string;
  requestedBy: string;
  requestedAt: Date;
  confirmed?: {
    by: string;
    at: Date;
    keyId: string;
    signature: string;
  };
}

/** An immutable row: what the approval of this revision covers. */
export interface RevisionRecord {
  runId: string;
  revision: number;
  version: number;
  planHash: string;
  /** Checksum of the SQL that runs: up or down. */
  checksum: string;
  /** Policy the run was requested under. */
  policy: EnvironmentPolicy;
  binding: Binding;
  digest: string;
  cause: string;
  /** Who changed what the digest covers; absent for the system. */
  createdBy?: string;
  createdAt: Date;
}

/** Something that was tried to find out what is in a target, in words for people. */
export interface Evidence {
  check: string;
  result: string;
  /** ISO 8601. */
  at: string;
}

/**
 * How a person decided to go on with an unfinished item. It holds for exactly
 * the ledger row that was judged: once an attempt has written there, it is spent.
 */
export interface ResumeInstruction {
  ledger: {
    attempt: number;
    position: number;
    state: 'running' | 'started';
  };
  /** What to do with the statement in doubt, where there is one. */
  doubtful?: 'redo' | 'skip';
}

export interface RunItemRecord {
  id: string;
  runId: string;
  migrationId: string;
  targetId: string;
  ordinal: number;
  open: boolean;
  status: ItemStatus;
  outcome?: Outcome;
  /** checksum_up of the version that was applied (apply) or removed (rollback). */
  checksumUp?: string;
  claimable: boolean;
  attempt: number;
  executorId?: string;
  statementsTotal: number;
  statementsDone: number;
  currentStatement?: number;
  currentStartedAt?: Date;
  waitingFor?: { kind: string; holder?: string; since: string };
  error?: RunItemError;
  evidence: Evidence[];
  /** On the target, of the last attempt; it may be there still. */
  session?: { pid: string; startedAt: string; timeline?: string };
  /** How a person decided to go on. */
  resume?: ResumeInstruction;
  logDropped: number;
  revision: number;
  queuedAt?: Date;
  startedAt?: Date;
  finishedAt?: Date;
}

export interface ApprovalRecord {
  id: string;
  runId: string;
  revision: number;
  decision: 'approve' | 'deny';
  digest: string;
  comment?: string;
  approverId: string;
  createdAt: Date;
  /** The bytes that were signed, and by which key. */
  canonical: Buffer;
  keyId: string;
  signature: Buffer;
}

export interface PlanSummary {
  hash: string;
  checksum: string;
  engine: Engine;
  mode: 'single_transaction' | 'stepwise';
  statementCount: number;
  transactionalCount: number;
  problems: SqlProblem[];
}

export interface EnvironmentStateRecord {
  migrationId: string;
  environment: string;
  state: EnvironmentState;
  executed: number;
  total: number;
  /** Of the newest apply run that was not called off; told where it is read, derived. */
  lastApplyRun?: RunStatus;
}
