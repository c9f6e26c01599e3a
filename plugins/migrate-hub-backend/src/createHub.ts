import {
  LoggerService,
  RootConfigService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import { SecretStore } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Knex } from 'knex';
import { HubServices } from './api/services';
import { createSignIn } from './createSignIn';
import { SecretBox } from './crypto/SecretBox';
import { Signer } from './crypto/Signer';
import { Executor } from './executor/Executor';
import { failPointFromFile } from './executor/FailPointFile';
import { ExecutorMetrics } from './executor/metrics';
import { checkpointText } from './services/auditEvidence';
import { AuditChainer } from './services/AuditChainer';
import { AuditExporter } from './services/AuditExporter';
import { WebhookSender, WebhookSenderOptions } from './followers/WebhookSender';
import { AuditService } from './services/AuditService';
import { AuditVerifier } from './services/AuditVerifier';
import { Commands } from './services/Commands';
import { ConnectionTests } from './services/ConnectionTests';
import { DashboardService } from './services/DashboardService';
import { DbSetsService } from './services/DbSetsService';
import { DbTargetsService } from './services/DbTargetsService';
import { EnvironmentPolicies } from './services/EnvironmentPolicies';
import { EnvironmentSettings } from './services/EnvironmentSettings';
import { FirstAdmins } from './services/FirstAdmins';
import { Gate } from './services/Gate';
import { guardDrivers } from './services/GuardedDriver';
import { HealthReporter, HealthReports } from './services/HealthReports';
import { IdentityService } from './services/IdentityService';
import { LogsService } from './services/LogsService';
import { MigrationQueries } from './services/MigrationQueries';
import { MigrationsService } from './services/MigrationsService';
import { Drivers } from './services/planning';
import { ProjectsService } from './services/ProjectsService';
import { Reconciler } from './services/Reconciler';
import { RoleGrants } from './services/RoleGrants';
import { Reach } from './services/Reach';
import { RunAudience } from './services/RunAudience';
import { RateLimits } from './services/RateLimits';
import { RunBreakGlass } from './services/RunBreakGlass';
import { RunContinuation } from './services/RunContinuation';
import { RunDecisions } from './services/RunDecisions';
import { RunExecution } from './services/RunExecution';
import { RunFactsReader } from './services/RunFacts';
import { RunItemResolution } from './services/RunItemResolution';
import { RunItemsService } from './services/RunItemsService';
import { RunQueries } from './services/RunQueries';
import { RunRequests } from './services/RunRequests';
import { RunLapses } from './services/RunLapses';
import { RunRevisions } from './services/RunRevisions';
import { SecretRotation } from './services/SecretRotation';
import { KnownRevisions } from './services/KnownRevisions';
import { KeyHealth } from './services/KeyHealth';
import { SignInMetrics } from './services/SignInLog';
import { Receivers } from './services/Receivers';
import { WebhooksService } from './services/WebhooksService';
import { TargetSecrets } from './services/TargetSecrets';
import { Listener } from './store/Listener';

/** What the hub is made of, put together; nothing runs yet. */
export interface Hub {
  services: HubServices;
  identity: IdentityService;
  firstAdmins: FirstAdmins;
  grants: RoleGrants;
  chainer: AuditChainer;
  lapses: RunLapses;
  audience: RunAudience;
  keyHealth: KeyHealth;
  environments: EnvironmentPolicies;
  createWebhookSender(
    options: Pick<WebhookSenderOptions, 'onAttempt'>,
  ): WebhookSender;
  /** Keyed hash of a request body. */
  fingerprint: (bytes: Buffer) => string;
  createExecutor(options: {
    heartbeatKnex: Knex;
    metrics: ExecutorMetrics;
  }): Executor;
}

/**
 * Puts the hub together.
 *
 * @throws Error that names the setting, if one is missing or wrong.
 */
export function createHub(options: {
  knex: Knex;
  config: RootConfigService;
  logger: LoggerService;
  listener: Listener;
  drivers: Drivers;
  /** Of modules, beside those that the config switches on. */
  secretStores?: readonly SecretStore[];
  userInfo: Pick<UserInfoService, 'getUserInfo'>;
  metrics?: SignInMetrics;
  health: HealthReporter;
}): Hub {
  const { knex, config, logger, listener, userInfo, metrics } = options;
  const drivers = guardDrivers(options.drivers, Reach.create({ config, knex }));
  const secrets = SecretBox.fromConfig(config);
  const signer = Signer.fromConfig(config);
  const environments = EnvironmentPolicies.create({ config, signer });

  const failPoint = failPointFromFile({ config, logger });

  const commands = Commands.create(knex);
  const chainer = AuditChainer.create({ knex, signer, logger });
  const auditVerifier = AuditVerifier.create({ knex, signer, chainer });
  const receivers = Receivers.fromConfig(config);
  const signIn = createSignIn({
    ...{ commands, config, logger, secrets, signer, userInfo, metrics },
  });
  const knownRevisions = new KnownRevisions();
  const facts = RunFactsReader.create({
    environments,
    signer,
    revisions: knownRevisions,
  });
  const gate = Gate.create(facts);
  const revisions = RunRevisions.create({ knex, drivers, facts });
  const lapses = RunLapses.create({ knex, facts });
  const targetSecrets = TargetSecrets.create({
    box: secrets,
    config,
    stores: options.secretStores,
  });
  const connections = ConnectionTests.create({
    commands,
    drivers,
    secrets: targetSecrets,
    revisions,
  });
  const limits = RateLimits.create({ knex, config });
  const migrationQueries = MigrationQueries.create({ knex, environments });
  const runQueries = RunQueries.create({ knex, facts, gate, environments });

  const settings = EnvironmentSettings.create({
    commands,
    environments,
    facts,
    grants: signIn.grants,
    lapses,
  });

  const services: HubServices = {
    environments: settings,
    projects: ProjectsService.create({ commands, revisions }),
    dbSets: DbSetsService.create({ commands, environments, revisions }),
    dbTargets: DbTargetsService.create({
      commands,
      environments,
      revisions,
      connections,
      secrets: targetSecrets,
      limits,
    }),
    reconciler: Reconciler.create({
      ...{ commands, drivers, connections },
      trail: auditVerifier,
    }),
    migrations: MigrationsService.create({
      commands,
      queries: migrationQueries,
      revisions,
      drivers,
      limits,
    }),
    migrationQueries,
    runQueries,
    runRequests: RunRequests.create({
      commands,
      environments,
      drivers,
      connections,
      facts,
      queries: runQueries,
      limits,
    }),
    runDecisions: RunDecisions.create({
      commands,
      facts,
      queries: runQueries,
      signer,
      lapses,
    }),
    runExecution: RunExecution.create({
      commands,
      facts,
      gate,
      queries: runQueries,
      lapses,
    }),
    runContinuation: RunContinuation.create({
      commands,
      facts,
      queries: runQueries,
    }),
    runBreakGlass: RunBreakGlass.create({
      commands,
      facts,
      gate,
      queries: runQueries,
      signer,
    }),
    runItemResolution: RunItemResolution.create({
      commands,
      facts,
      gate,
      queries: runQueries,
      drivers,
      connections,
    }),
    dashboard: DashboardService.create({
      knex,
      queries: runQueries,
      environments,
      settings,
      facts,
    }),
    logs: LogsService.create({ knex, listener }),
    audit: AuditService.create({ knex }),
    secretRotation: SecretRotation.create({ knex, secrets }),
    auditExporter: AuditExporter.create({ knex, signer, chainer }),
    auditVerifier,
    webhooks: WebhooksService.create({ commands, secrets, receivers }),
    healthReports: HealthReports.create(options.health),
    ...signIn.services,
  };

  return {
    services,
    lapses,
    audience: RunAudience.create({ knex, facts }),
    chainer,
    keyHealth: KeyHealth.create({ knex, secrets, signer }),
    environments,
    createWebhookSender: ({ onAttempt }) =>
      WebhookSender.create({ knex, logger, secrets, receivers, onAttempt }),
    firstAdmins: signIn.firstAdmins,
    grants: signIn.grants,
    identity: signIn.identity,
    fingerprint: bytes => secrets.fingerprint(bytes),
    createExecutor: parts =>
      Executor.create({
        knex,
        ...parts,
        listener,
        items: RunItemsService.create({ knex, facts }),
        revisions: knownRevisions,
        drivers,
        secrets: targetSecrets,
        gate,
        checkpoint: () =>
          chainer.checkpoint && checkpointText(chainer.checkpoint),
        logger,
        failPoint,
        config: {
          parallelism:
            config.getOptionalNumber('migrateHub.executor.parallelism') ?? 8,
          leaseSeconds:
            config.getOptionalNumber('migrateHub.executor.leaseSeconds') ?? 15,
          pollSeconds:
            config.getOptionalNumber('migrateHub.executor.pollSeconds') ?? 1,
          graceSeconds:
            config.getOptionalNumber('migrateHub.executor.graceSeconds') ?? 30,
        },
      }),
  };
}
