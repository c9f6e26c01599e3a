import {
  createServiceFactory,
  createServiceRef,
} from '@backstage/backend-plugin-api';

/** What is wrong, in words for an operator; undefined if nothing is. */
export type HealthCheck = () => Promise<string | undefined>;

/** How a part of the hub is. @public */
export interface HealthFinding {
  part: string;
  ok: boolean;
  /** Worth a look, but this replica can do its work. */
  warning?: true;
  /** What is wrong, or good to know. Nothing secret: readiness answers whoever asks. */
  message?: string;
}

/** Whether the parts of the hub on this replica can do their work. @public */
export interface HubHealthService {
  addCheck(part: string, check: () => Promise<string | undefined>): void;
  /** Shown, but keeps no request away. */
  addWarning(part: string, check: () => Promise<string | undefined>): void;
  /** Shown, and nothing more. */
  addNote(part: string, tell: () => Promise<string | undefined>): void;
  report(): Promise<HealthFinding[]>;
}

/** A probe has to be answered before it gives up. */
const PATIENCE_MS = 3_000;

/** Keeps the checks of the hub. */
export class HubHealth implements HubHealthService {
  readonly #checks = new Map<string, HealthCheck>();
  readonly #warnings = new Set<string>();
  readonly #notes = new Set<string>();

  private constructor() {}

  static create(): HubHealth {
    return new HubHealth();
  }

  addCheck(part: string, check: HealthCheck): void {
    this.#checks.set(part, check);
  }

  addWarning(part: string, check: HealthCheck): void {
    this.addCheck(part, check);
    this.#warnings.add(part);
  }

  addNote(part: string, tell: HealthCheck): void {
    this.addCheck(part, tell);
    this.#notes.add(part);
  }

  async report(): Promise<HealthFinding[]> {
    return Promise.all(
      [...this.#checks].map(async ([part, check]) => {
        const message = await ask(check);
        return message === undefined
          ? { part, ok: true }
          : {
              ...{ part, ok: this.#notes.has(part), message },
              ...(this.#warnings.has(part) && { warning: true }),
            };
      }),
    );
  }
}

async function ask(check: HealthCheck): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>(resolve => {
    timer = setTimeout(
      () => resolve(`no answer within ${PATIENCE_MS} ms`),
      PATIENCE_MS,
    );
  });
  try {
    return await Promise.race([check(), late]);
  } catch {
    // Why is in the log of whoever failed; a probe is answered to anybody.
    return 'the check itself failed';
  } finally {
    clearTimeout(timer);
  }
}

/** The health of the hub, shared by its plugin and the backend's readiness. @public */
export const hubHealthServiceRef = createServiceRef<HubHealthService>({
  id: 'migrate-hub.health',
  scope: 'root',
  defaultFactory: async service =>
    createServiceFactory({
      service,
      deps: {},
      factory: () => HubHealth.create(),
    }),
});
