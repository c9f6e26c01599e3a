import { Attributes, Counter, Histogram } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { RequestHandler } from 'express';
import { ExecutorMetrics } from '../executor/metrics';
import { ReconciliationResult } from '../services/Reconciler';

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

/**
 * Counts what the executor of this replica does, for Prometheus.
 *
 * @remarks
 * Labels are environments, types and ids of targets: few, and nothing private.
 */
export class HubMetrics implements ExecutorMetrics {
  readonly #provider: MeterProvider;
  readonly #exporter: PrometheusExporter;
  readonly #started: Counter;
  readonly #ended: Record<Ending, Counter>;
  readonly #runSeconds: Histogram;
  readonly #itemSeconds: Histogram;
  readonly #targetFailures: Counter;
  readonly #reconciled: Counter;

  private constructor() {
    this.#exporter = new PrometheusExporter({
      preventServerStart: true,
      withoutScopeInfo: true,
      withoutTargetInfo: true,
    });
    this.#provider = new MeterProvider({ readers: [this.#exporter] });
    const meter = this.#provider.getMeter('migrate-hub');
    const seconds = (name: string, description: string) =>
      meter.createHistogram(name, {
        description,
        advice: { explicitBucketBoundaries: SECONDS },
      });
    const runs = (ending: string) =>
      meter.createCounter(`migrate_hub_runs_${ending}`, {
        description: `Runs that ${ending} on this replica`,
      });

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
    this.#targetFailures = meter.createCounter('migrate_hub_target_failures', {
      description: 'Run items that failed, by target',
    });
    this.#reconciled = meter.createCounter('migrate_hub_reconciliations', {
      description:
        'Comparisons of a target with the records of the hub, by result: agrees, differs, failed',
    });
    this.#started.add(0);
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
    this.#itemSeconds.record(item.seconds, {
      status: item.status,
      ...(item.outcome && { outcome: item.outcome }),
    });
    if (item.status === 'failed') {
      this.#targetFailures.add(1, { target: item.targetId });
    }
  }

  targetReconciled(result: ReconciliationResult): void {
    this.#reconciled.add(1, { result });
  }

  /** Answers a scrape; to be mounted at the root, as `/metrics`. */
  handler(): RequestHandler {
    return (req, res) => this.#exporter.getMetricsRequestHandler(req, res);
  }

  async shutdown(): Promise<void> {
    await this.#provider.shutdown();
  }
}
