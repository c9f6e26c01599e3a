import { Attributes, Counter, Histogram, Meter } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { Request, Response } from 'express';
import { ExecutorMetrics } from '../executor/metrics';
import { ReconciliationResult } from '../services/Reconciler';
import { SignInMetrics } from '../services/SignInLog';
import { Workload } from '../store/workload';

/** Runs take from a fraction of a second to days. */
const SECONDS = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600];

/** Statuses a run ends in, as the metrics call them. */
const ENDINGS = {
  executed: 'succeeded',
  failed: 'failed',
  canceled: 'canceled',
} as const;

type Ending = keyof typeof ENDINGS;

const isEnding = (status: string): status is Ending => status in ENDINGS;

/** However often and by how many it is scraped, the database is asked this seldom. */
const WORKLOAD_MS = 5_000;

/**
 * Counts what this replica does, and reports what waits in the metadata
 * database, for Prometheus.
 *
 * @remarks
 * Labels are environments, types, results and ids of targets: few, and nothing
 * private. Counters are of this replica, to be added up; gauges say the same
 * on every replica, so take the maximum.
 */
export class HubMetrics implements ExecutorMetrics, SignInMetrics {
  readonly #provider: MeterProvider;
  readonly #exporter: PrometheusExporter;
  readonly #meter: Meter;
  readonly #started: Counter;
  readonly #ended: Record<Ending, Counter>;
  readonly #runSeconds: Histogram;
  readonly #itemSeconds: Histogram;
  readonly #targetFailures: Counter;
  readonly #reconciled: Counter;
  readonly #unknownOutcomes: Counter;
  readonly #leaseLosses: Counter;
  readonly #signIns: Counter;
  readonly #untaken: Counter;
  readonly #webhookAttempts: Counter;

  private constructor() {
    this.#exporter = new PrometheusExporter({
      preventServerStart: true,
      withoutScopeInfo: true,
      withoutTargetInfo: true,
    });
    this.#provider = new MeterProvider({ readers: [this.#exporter] });
    const meter = this.#provider.getMeter('migrate-hub');
    this.#meter = meter;
    const seconds = (name: string, description: string) =>
      meter.createHistogram(name, {
        description,
        advice: { explicitBucketBoundaries: SECONDS },
      });
    const counter = (name: string, description: string) =>
      meter.createCounter(`migrate_hub_${name}`, { description });
    const runs = (ending: string) =>
      counter(`runs_${ending}`, `Runs that ${ending} on this replica`);

    this.#started = runs('started');
    this.#ended = {
      executed: runs(ENDINGS.executed),
      failed: runs(ENDINGS.failed),
      canceled: runs(ENDINGS.canceled),
    };
    this.#runSeconds = seconds(
      'migrate_hub_run_duration_seconds',
      'From the first claim to the end of a run',
    );
    this.#itemSeconds = seconds(
      'migrate_hub_run_item_duration_seconds',
      'From the claim to the end of a run on one target',
    );
    this.#targetFailures = counter(
      'target_failures',
      'Run items that failed, by target',
    );
    this.#unknownOutcomes = counter(
      'unknown_outcomes',
      'Run items that ended without anybody knowing what is in the target',
    );
    this.#leaseLosses = counter(
      'lease_losses',
      'Run items taken over from an executor that fell silent',
    );
    this.#signIns = counter('sign_ins', 'Attempts to sign in, by result');
    this.#untaken = counter(
      'events_untaken',
      'Committed events that a follower did not take after all tries',
    );
    this.#reconciled = counter(
      'reconciliations',
      'Comparisons of a target with the records of the hub, by result: agrees, differs, failed',
    );
    this.#webhookAttempts = counter(
      'webhook_attempts',
      'Attempts to tell a webhook, by result: delivered, retried, failed',
    );
    this.#started.add(0);
    this.#leaseLosses.add(0);
  }

  static create(): HubMetrics {
    return new HubMetrics();
  }

  runStarted(): void {
    this.#started.add(1);
  }

  runFinished(run: Parameters<ExecutorMetrics['runFinished']>[0]): void {
    const labels: Attributes = { type: run.type, environment: run.environment };
    if (isEnding(run.status)) this.#ended[run.status].add(1, labels);
    this.#runSeconds.record(run.seconds, { ...labels, status: run.status });
  }

  itemFinished(item: Parameters<ExecutorMetrics['itemFinished']>[0]): void {
    const { environment, outcome, status } = item;
    this.#itemSeconds.record(item.seconds, {
      status,
      ...(outcome && { outcome }),
    });
    if (outcome === 'unknown') this.#unknownOutcomes.add(1, { environment });
    if (status === 'failed') {
      this.#targetFailures.add(1, { target: item.targetId, environment });
    }
  }

  targetReconciled(result: ReconciliationResult): void {
    this.#reconciled.add(1, { result });
  }

  leaseLost(): void {
    this.#leaseLosses.add(1);
  }

  signIn(attempt: Parameters<SignInMetrics['signIn']>[0]): void {
    this.#signIns.add(1, { ...attempt });
  }

  eventUntaken(follower: string): void {
    this.#untaken.add(1, { follower });
  }

  webhookAttempt(result: 'delivered' | 'retried' | 'failed'): void {
    this.#webhookAttempts.add(1, { result });
  }

  /** Reports the work of all replicas, as `read` finds it. */
  observeWorkload(read: () => Promise<Workload>): void {
    const gauge = (name: string, description: string) =>
      this.#meter.createObservableGauge(`migrate_hub_${name}`, { description });
    const byEnvironment = {
      queued: gauge('queue_items', 'Run items that wait for an executor'),
      queuedSeconds: gauge(
        'queue_age_seconds',
        'How long the oldest of them has waited',
      ),
      running: gauge('running_items', 'Run items at work'),
      unresolved: gauge(
        'unresolved_items',
        'Run items that a person has to resolve: unknown or partially applied',
      ),
      awaiting: gauge('awaiting_runs', 'Runs that wait for approval'),
      awaitingSeconds: gauge(
        'awaiting_age_seconds',
        'How long the oldest of them has waited',
      ),
    };
    const executors = gauge(
      'executors',
      'Executors with a heartbeat in the last minute',
    );
    const untold = gauge(
      'events_untold',
      'Committed events that followers were not told of yet',
    );
    const undelivered = gauge(
      'webhooks_waiting',
      'Deliveries to webhooks that were not made yet',
    );
    const cached = cache(read, WORKLOAD_MS);
    this.#meter.addBatchObservableCallback(
      async result => {
        const work = await cached();
        for (const counts of work.environments) {
          const { environment } = counts;
          for (const key of Object.keys(byEnvironment)) {
            const name = key as keyof typeof byEnvironment;
            result.observe(byEnvironment[name], counts[name], { environment });
          }
        }
        result.observe(executors, work.executors);
        result.observe(untold, work.untold);
        result.observe(undelivered, work.undelivered);
      },
      [...Object.values(byEnvironment), executors, untold, undelivered],
    );
  }

  /** Answers a scrape. */
  answer(req: Request, res: Response): void {
    this.#exporter.getMetricsRequestHandler(req, res);
  }

  async shutdown(): Promise<void> {
    await this.#provider.shutdown();
  }
}

/** One reading for all who ask within a while; a failed one is not kept. */
function cache<T>(read: () => Promise<T>, ms: number): () => Promise<T> {
  let last: { at: number; value: Promise<T> } | undefined;
  return () => {
    const now = performance.now();
    if (last && now - last.at < ms) return last.value;
    const value = read();
    last = { at: now, value };
    value.catch(() => {
      if (last?.value === value) last = undefined;
    });
    return value;
  };
}
