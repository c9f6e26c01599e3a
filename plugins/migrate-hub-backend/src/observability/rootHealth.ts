import {
  RootHealthService,
  RootLifecycleService,
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import { HubHealthService, hubHealthServiceRef } from './HubHealth';

type Phase = 'starting' | 'up' | 'stopping';

const PHASES: Record<Exclude<Phase, 'up'>, string> = {
  starting: 'The backend has not started yet.',
  stopping: 'The backend is shutting down.',
};

/** Backstage's health with that of the hub in it. */
export class HubRootHealth implements RootHealthService {
  readonly #health: HubHealthService;
  #phase: Phase = 'starting';

  private constructor(
    lifecycle: RootLifecycleService,
    health: HubHealthService,
  ) {
    this.#health = health;
    lifecycle.addStartupHook(() => {
      this.#phase = 'up';
    });
    lifecycle.addBeforeShutdownHook(() => {
      this.#phase = 'stopping';
    });
  }

  static create(options: {
    lifecycle: RootLifecycleService;
    health: HubHealthService;
  }): HubRootHealth {
    return new HubRootHealth(options.lifecycle, options.health);
  }

  /** The process answers. What it needs may be away: a restart would not bring it back. */
  async getLiveness() {
    return { status: 200, payload: { status: 'ok' } };
  }

  /** 503 with the reasons while this replica cannot do its work. */
  async getReadiness() {
    if (this.#phase !== 'up') {
      const message = PHASES[this.#phase];
      return { status: 503, payload: { status: 'error', message } };
    }
    const findings = await this.#health.report();
    const wrong = findings.filter(({ ok, warning }) => !ok && !warning);
    const parts = Object.fromEntries(
      findings.map(({ part, message }) => [part, message ?? 'ok']),
    );
    if (wrong.length === 0) {
      return { status: 200, payload: { status: 'ok', parts } };
    }
    const message = wrong
      .map(({ part, message: reason }) => `${part}: ${reason}`)
      .join('; ');
    return { status: 503, payload: { status: 'error', message, parts } };
  }
}

/**
 * Puts the health of the hub into the readiness of the backend: add it to the
 * backend beside the plugin.
 *
 * @public
 */
export const hubRootHealthServiceFactory = createServiceFactory({
  service: coreServices.rootHealth,
  deps: {
    lifecycle: coreServices.rootLifecycle,
    health: hubHealthServiceRef,
  },
  factory: HubRootHealth.create,
});
