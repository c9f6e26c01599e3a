import { ConfigReader } from '@backstage/config';
import express from 'express';
import request from 'supertest';
import { HubMetrics } from './HubMetrics';
import { metricsHandler } from './metricsHandler';

const serve = (metrics: HubMetrics, config: object = {}) =>
  express().use('/metrics', metricsHandler(new ConfigReader(config), metrics));

describe('the metrics', () => {
  let metrics: HubMetrics;

  beforeEach(() => {
    metrics = HubMetrics.create();
  });
  afterEach(() => metrics.shutdown());

  it('count runs, how long they took, failures of each target, and sign-ins', async () => {
    const run = { type: 'apply', environment: 'prd' } as const;
    const environment = 'prd';
    metrics.runStarted();
    metrics.runStarted();
    metrics.itemFinished({
      ...{ targetId: 'target-1', status: 'failed', outcome: 'unknown' },
      ...{ environment, seconds: 2 },
    });
    metrics.itemFinished({
      ...{ targetId: 'target-2', status: 'executed', outcome: 'applied' },
      ...{ environment, seconds: 0.2 },
    });
    metrics.runFinished({ ...run, status: 'failed', seconds: 3 });
    metrics.runFinished({ ...run, status: 'executed', seconds: 90_000 });
    metrics.leaseLost();
    metrics.signIn({ provider: 'google', result: 'succeeded' });
    metrics.signIn({ provider: 'local', result: 'throttled' });

    const { text } = await request(serve(metrics)).get('/metrics');
    const labels = 'type="apply",environment="prd"';
    for (const line of [
      'migrate_hub_runs_started_total 2',
      `migrate_hub_runs_succeeded_total{${labels}} 1`,
      `migrate_hub_runs_failed_total{${labels}} 1`,
      'migrate_hub_target_failures_total{target="target-1",environment="prd"} 1',
      'migrate_hub_unknown_outcomes_total{environment="prd"} 1',
      'migrate_hub_lease_losses_total 1',
      'migrate_hub_sign_ins_total{provider="local",result="throttled"} 1',
      `migrate_hub_run_duration_seconds_sum{${labels},status="failed"} 3`,
      'migrate_hub_run_item_duration_seconds_bucket{status="executed",outcome="applied",le="0.1"} 0',
      'migrate_hub_run_item_duration_seconds_bucket{status="executed",outcome="applied",le="0.5"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).not.toContain('target-2');
  });

  it('report what waits, and ask the database seldom', async () => {
    let asked = 0;
    metrics.observeWorkload(async () => {
      asked += 1;
      return {
        ...{ executors: 2, untold: 0, undelivered: 0 },
        environments: [
          {
            ...{ environment: 'prd', queued: 3, queuedSeconds: 61.5 },
            ...{ running: 1, unresolved: 1, awaiting: 0, awaitingSeconds: 0 },
          },
        ],
      };
    });
    await request(serve(metrics)).get('/metrics');
    const { text } = await request(serve(metrics)).get('/metrics');
    for (const line of [
      'migrate_hub_queue_items{environment="prd"} 3',
      'migrate_hub_queue_age_seconds{environment="prd"} 61.5',
      'migrate_hub_unresolved_items{environment="prd"} 1',
      'migrate_hub_executors 2',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(asked).toBe(1);
  });

  it('are for who has the token, where there is one', async () => {
    const app = serve(metrics, {
      migrateHub: { metrics: { token: 'scrape' } },
    });
    const ask = (value: string) =>
      request(app).get('/metrics').set('Authorization', value);
    expect((await request(app).get('/metrics')).status).toBe(401);
    expect((await ask('Bearer other')).status).toBe(401);
    const answer = await ask('Bearer scrape');
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('migrate_hub_runs_started_total 0');
  });
});
