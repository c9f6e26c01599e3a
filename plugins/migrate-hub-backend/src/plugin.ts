import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { notificationService } from '@backstage/plugin-notifications-node';
import { signalsServiceRef } from '@backstage/plugin-signals-node';
import {
  Engine,
  migrateHubPermissions,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  SecretStore,
  secretStoresExtensionPoint,
  TargetDriver,
  targetDriversExtensionPoint,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { authPolicies, createRouter } from './api/createRouter';
import { createHub } from './createHub';
import { createEventFeed } from './followers/createEventFeed';
import { announceCheckpoint } from './followers/webhookQueue';
import { addHealthChecks } from './observability/healthChecks';
import { hubHealthServiceRef } from './observability/HubHealth';
import { HubMetrics } from './observability/HubMetrics';
import { metricsHandler } from './observability/metricsHandler';
import { ensureDemoUsers } from './services/DemoUsers';
import { raiseEpoch } from './services/raiseEpoch';
import { openDatabase, readQueryTimeoutMs, smallPool } from './store/Database';
import { idempotencyStore } from './store/idempotency';
import { Listener, listenerConnection } from './store/Listener';
import { ownershipOfTrail, ownershipText } from './store/ownership';
import { pruneRetiredIds } from './store/sessions';
import { pruneDeliveries } from './store/webhookDeliveries';
import { readWorkload } from './store/workload';

/** A beat is one row, and the second try must come within a lease. */
const HEARTBEAT_LIMITS = { timeoutMs: 3_000, graceMs: 1_000 };

const OBSERVER_LIMITS = { timeoutMs: 10_000, graceMs: 1_000 };

/** The backend of migrate-hub. @public */
export const migrateHubPlugin = createBackendPlugin({
  pluginId: 'migrate-hub',
  register(env) {
    const drivers = new Map<Engine, TargetDriver>();
    env.registerExtensionPoint(targetDriversExtensionPoint, {
      addDriver(driver) {
        if (drivers.has(driver.engine)) {
          throw new Error(`there are two drivers for ${driver.engine}`);
        }
        drivers.set(driver.engine, driver);
      },
    });
    const secretStores: SecretStore[] = [];
    env.registerExtensionPoint(secretStoresExtensionPoint, {
      addStore(store) {
        if (secretStores.some(({ from }) => from === store.from)) {
          throw new Error(`there are two secret stores '${store.from}'`);
        }
        secretStores.push(store);
      },
    });
    env.registerInit({
      deps: {
        auditor: coreServices.auditor,
        config: coreServices.rootConfig,
        database: coreServices.database,
        events: eventsServiceRef,
        health: hubHealthServiceRef,
        httpAuth: coreServices.httpAuth,
        httpRouter: coreServices.httpRouter,
        lifecycle: coreServices.lifecycle,
        logger: coreServices.logger,
        notifications: notificationService,
        permissions: coreServices.permissions,
        permissionsRegistry: coreServices.permissionsRegistry,
        rootHttpRouter: coreServices.rootHttpRouter,
        scheduler: coreServices.scheduler,
        signals: signalsServiceRef,
        userInfo: coreServices.userInfo,
      },
      async init(deps) {
        const { config, logger, scheduler, lifecycle } = deps;
        const knex = await openDatabase(deps.database, {
          queryTimeoutMs: readQueryTimeoutMs(config),
        });
        const listener = Listener.create({
          connect: listenerConnection(knex),
          logger,
        });
        const metrics = HubMetrics.create();
        const hub = createHub({
          ...deps,
          metrics,
          knex,
          listener,
          drivers,
          secretStores,
        });
        await raiseEpoch({ knex, config, logger });
        await ensureDemoUsers({ knex, config, grants: hub.grants });
        await hub.firstAdmins.ensure(knex);
        logger.info(
          `Audit trail: ${ownershipText(await ownershipOfTrail(knex))}`,
        );
        await hub.services.secretRotation.noteKeys();

        deps.rootHttpRouter.use('/metrics', metricsHandler(config, metrics));
        deps.permissionsRegistry.addPermissions(migrateHubPermissions);
        for (const policy of authPolicies) {
          deps.httpRouter.addAuthPolicy(policy);
        }
        const shutdown = new AbortController();
        deps.httpRouter.use(
          createRouter({
            ...deps,
            identity: hub.identity,
            services: hub.services,
            fingerprint: hub.fingerprint,
            shutdown: shutdown.signal,
          }),
        );

        const heartbeatKnex = smallPool(knex, HEARTBEAT_LIMITS);
        const executor = hub.createExecutor({ heartbeatKnex, metrics });
        const executes =
          config.getOptionalBoolean('migrateHub.executor.enabled') ?? true;
        // Metrics and probes neither wait for requests nor keep the heartbeat waiting.
        const observerKnex = smallPool(knex, OBSERVER_LIMITS);
        metrics.observeWorkload(() => readWorkload(observerKnex));
        addHealthChecks(deps.health, {
          knex: observerKnex,
          config,
          logger,
          executor: executes ? executor : undefined,
          keys: hub.keyHealth,
          chain: hub.chainer,
          policies: hub.environments,
        });

        const feed = createEventFeed({
          ...deps,
          knex,
          listener,
          audience: hub.audience,
          onFailure: follower => metrics.eventUntaken(follower),
        });

        hub.chainer.onCheckpoint(checkpoint => {
          announceCheckpoint(knex, checkpoint).catch(error =>
            logger.warn('No webhook was told of a checkpoint', error),
          );
        });
        const webhooks = hub.createWebhookSender({
          onAttempt: result => metrics.webhookAttempt(result),
        });

        lifecycle.addStartupHook(async () => {
          await listener.start();
          feed.start();
          webhooks.start();
          // The scheduler watches: should the loop ever have ended, it starts again.
          if (executes) {
            await scheduler.scheduleTask({
              id: 'executor',
              scope: 'local',
              frequency: { seconds: 10 },
              timeout: { seconds: 10 },
              fn: async () => executor.start(),
            });
          }
          await scheduler.scheduleTask({
            id: 'audit-chainer',
            scope: 'local',
            frequency: { seconds: 10 },
            timeout: { seconds: 10 },
            fn: async () => hub.chainer.start(),
          });
          await scheduler.scheduleTask({
            id: 'lapse-approvals',
            scope: 'global',
            frequency: { seconds: 15 },
            timeout: { minutes: 5 },
            fn: () => hub.lapses.lapseAll(),
          });
          const minutes =
            config.getOptionalNumber('migrateHub.reconciler.everyMinutes') ??
            60;
          if (minutes > 0) {
            await scheduler.scheduleTask({
              id: 'reconcile',
              scope: 'global',
              frequency: { milliseconds: minutes * 60_000 },
              timeout: { hours: 2 },
              fn: signal =>
                hub.services.reconciler.reconcileAll({
                  signal,
                  onResult: result => metrics.targetReconciled(result),
                }),
            });
          }
          await scheduler.scheduleTask({
            id: 'prune-idempotency-keys',
            scope: 'global',
            frequency: { hours: 1 },
            timeout: { minutes: 5 },
            fn: () => idempotencyStore.prune(knex),
          });
          await scheduler.scheduleTask({
            id: 'prune-webhook-deliveries',
            scope: 'global',
            frequency: { hours: 1 },
            timeout: { minutes: 5 },
            fn: () => pruneDeliveries(knex),
          });
          await scheduler.scheduleTask({
            id: 'prune-retired-session-ids',
            scope: 'global',
            frequency: { hours: 1 },
            timeout: { minutes: 5 },
            fn: () => pruneRetiredIds(knex),
          });
        });
        lifecycle.addShutdownHook(async () => {
          shutdown.abort();
          await executor.stop();
          await feed.stop();
          await hub.chainer.stop();
          await webhooks.stop();
          await listener.stop();
          await heartbeatKnex.destroy();
          await observerKnex.destroy();
        });
      },
    });
  },
});
