import express from 'express';
import request from 'supertest';
import { HubMetrics } from './HubMetrics';

describe('the metrics', () => {
  it('count runs, how long they took, and the failures of each target', async () => {
    const metrics = HubMetrics.create();
    const app = express().use('/metrics', metrics.handler());
    const run = { type: 'apply', environment: 'prd' } as const;

    metrics.runStarted();
    metrics.runStarted();
    metrics.itemFinished({
      ...{ targetId: 'target-1', status: 'failed', outcome: 'not_applied' },
      seconds: 2,
    });
    metrics.itemFinished({
      ...{ targetId: 'target-2', status: 'executed', outcome: 'applied' },
      seconds: 0.2,
    });
    metrics.runFinished({ ...run, status: 'failed', seconds: 3 });
    metrics.runFinished({ ...run, status: 'executed', seconds: 90_000 });

    const { text } = await request(app).get('/metrics');
    const labels = 'type="apply",environment="prd"';
    for (const line of [
      'migrate_hub_runs_started_total 2',
      `migrate_hub_runs_succeeded_total{${labels}} 1`,
      `migrate_hub_runs_failed_total{${labels}} 1`,
      'migrate_hub_target_failures_total{target="target-1"} 1',
      `migrate_hub_run_duration_seconds_sum{${labels},status="failed"} 3`,
      'migrate_hub_run_item_duration_seconds_bucket{status="executed",outcome="applied",le="0.1"} 0',
      'migrate_hub_run_item_duration_seconds_bucket{status="executed",outcome="applied",le="0.5"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).not.toContain('target-2');
    await metrics.shutdown();
  });
});
