import { BackstageCredentials } from '@backstage/backend-plugin-api';
import { AuditExporter } from '../services/AuditExporter';
import { AuditService } from '../services/AuditService';
import { AuditVerifier } from '../services/AuditVerifier';
import { AuthSettings } from '../services/AuthSettings';
import { Caller } from '../services/context';
import { DashboardService } from '../services/DashboardService';
import { DbSetsService } from '../services/DbSetsService';
import { DbTargetsService } from '../services/DbTargetsService';
import { EnvironmentSettings } from '../services/EnvironmentSettings';
import { GoogleSignIn } from '../services/GoogleSignIn';
import { HealthReports } from '../services/HealthReports';
import { LocalSignIn } from '../services/LocalSignIn';
import { LogsService } from '../services/LogsService';
import { MigrationQueries } from '../services/MigrationQueries';
import { MigrationsService } from '../services/MigrationsService';
import { ProjectsService } from '../services/ProjectsService';
import { Reconciler } from '../services/Reconciler';
import { RunBreakGlass } from '../services/RunBreakGlass';
import { RunContinuation } from '../services/RunContinuation';
import { RunDecisions } from '../services/RunDecisions';
import { RunExecution } from '../services/RunExecution';
import { RunItemResolution } from '../services/RunItemResolution';
import { RunQueries } from '../services/RunQueries';
import { RunRequests } from '../services/RunRequests';
import { SecretRotation } from '../services/SecretRotation';
import { SessionAdministration } from '../services/SessionAdministration';
import { SessionsService } from '../services/SessionsService';
import { SignInLog } from '../services/SignInLog';
import { UsersService } from '../services/UsersService';
import { WebhooksService } from '../services/WebhooksService';

/** Finds the user row behind a token. */
export interface IdentityResolver {
  /** @throws HubError `UNKNOWN_USER`, `USER_DISABLED`, `NOT_SIGNED_IN` */
  resolve(request: {
    credentials: BackstageCredentials;
    /** Of the same request, for its session claim. */
    bearer?: string;
    requestId?: string;
  }): Promise<Caller>;
}

/** Everything that the routers call. */
export interface HubServices {
  environments: EnvironmentSettings;
  projects: ProjectsService;
  dbSets: DbSetsService;
  dbTargets: DbTargetsService;
  reconciler: Reconciler;
  migrations: MigrationsService;
  migrationQueries: MigrationQueries;
  runQueries: RunQueries;
  runRequests: RunRequests;
  runDecisions: RunDecisions;
  runExecution: RunExecution;
  runContinuation: RunContinuation;
  runBreakGlass: RunBreakGlass;
  runItemResolution: RunItemResolution;
  dashboard: DashboardService;
  logs: LogsService;
  audit: AuditService;
  secretRotation: SecretRotation;
  auditExporter: AuditExporter;
  auditVerifier: AuditVerifier;
  users: UsersService;
  authSettings: AuthSettings;
  localSignIn: LocalSignIn;
  googleSignIn: GoogleSignIn;
  signInLog: SignInLog;
  sessions: SessionsService;
  sessionAdministration: SessionAdministration;
  webhooks: WebhooksService;
  healthReports: HealthReports;
}
