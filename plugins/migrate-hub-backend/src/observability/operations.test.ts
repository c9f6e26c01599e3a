import { ConfigReader } from '@backstage/config';
import { parser } from '@prometheus-io/lezer-promql';
import express from 'express';
import { readFileSync } from 'fs';
import { resolve } from 'path';
import request from 'supertest';
import { parse } from 'yaml';
import { HubMetrics } from './HubMetrics';
import { metricsHandler } from './metricsHandler';

const folder = resolve(__dirname, '../../../../docs/operations');
const read = (name: string) => readFileSync(resolve(folder, name), 'utf8');

interface Rule {
  alert: string;
  expr: string;
  annotations: { runbook?: string };
}

const rules: Rule[] = parse(read('alerts.yml')).groups.flatMap(
  (group: { rules: Rule[] }) => group.rules,
);
const panels: { title: string; targets: { expr: string }[] }[] = JSON.parse(
  read('dashboard.json'),
).panels;

const expressions = [
  ...rules.map(({ alert, expr }) => [alert, expr]),
  ...panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => [
      title,
      expr
        .replaceAll('$__rate_interval', '5m')
        .replaceAll('$environment', 'prd'),
    ]),
  ),
];

/** What an expression is made of, by kinds of the grammar. */
function partsOf(expression: string): Record<string, string[]> {
  const parts: Record<string, string[]> = {};
  parser.parse(expression).iterate({
    enter: node => {
      const kind = node.type.isError ? 'error' : node.name;
      (parts[kind] ??= []).push(expression.slice(node.from, node.to));
    },
  });
  return parts;
}

/** The names and labels of everything that the hub can report. */
async function reported(): Promise<Map<string, Set<string>>> {
  const metrics = HubMetrics.create();
  const run = { type: 'apply', environment: 'prd', seconds: 1 } as const;
  metrics.runStarted();
  for (const status of ['executed', 'failed', 'canceled'] as const) {
    metrics.runFinished({ ...run, status });
  }
  metrics.itemFinished({
    ...{ targetId: 'one', status: 'failed', outcome: 'unknown' },
    ...{ environment: 'prd', seconds: 1 },
  });
  metrics.leaseLost();
  metrics.targetReconciled('agrees');
  metrics.signIn({ provider: 'local', result: 'failed' });
  metrics.eventUntaken('the auditor');
  metrics.webhookAttempt('failed');
  metrics.observeWorkload(async () => ({
    ...{ executors: 1, untold: 0, undelivered: 0 },
    environments: [
      {
        ...{ environment: 'prd', queued: 1, queuedSeconds: 1, running: 1 },
        ...{ unresolved: 1, awaiting: 1, awaitingSeconds: 1 },
      },
    ],
  }));
  const handler = metricsHandler(new ConfigReader({}), metrics);
  const { text } = await request(express().use(handler)).get('/');
  await metrics.shutdown();

  const found = new Map<string, Set<string>>();
  for (const line of text.split('\n')) {
    const [, name, labels = ''] = /^(\w+)(?:{(.*)})? /.exec(line) ?? [];
    if (!name) continue;
    const known = found.get(name) ?? new Set();
    for (const [, label] of labels.matchAll(/(\w+)="/g)) known.add(label);
    found.set(name, known);
  }
  return found;
}

describe('dashboard and alerts', () => {
  it.each(expressions)('%s: is PromQL over what there is', async (_, expr) => {
    const parts = partsOf(expr);
    expect(parts.error).toBeUndefined();
    const there = await reported();
    const names = parts.Identifier ?? [];
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter(name => !there.has(name))).toEqual([]);
    const labels = new Set(names.flatMap(name => [...there.get(name)!]));
    const used = parts.LabelName ?? [];
    expect(used.filter(label => !labels.has(label))).toEqual([]);
  });

  it('show every metric that there is', async () => {
    const shown = expressions.map(([, expr]) => expr).join(' ');
    const families = [...(await reported()).keys()]
      .filter(name => !/_(sum|count)$/.test(name))
      .filter(name => !name.startsWith('target_info'));
    expect(families.filter(name => !shown.includes(name))).toEqual([]);
  });

  it('lead to sections of the runbook', () => {
    const anchors = [...read('runbook.md').matchAll(/^## (.+)$/gm)].map(
      ([, title]) => title.toLowerCase().replaceAll(' ', '-'),
    );
    const wanted = rules
      .map(({ annotations }) => annotations.runbook)
      .filter(link => link !== undefined);
    expect(wanted.length).toBeGreaterThan(5);
    for (const link of wanted) {
      const [page, anchor] = link.split('#');
      expect(page).toBe('docs/operations/runbook.md');
      expect(anchors).toContain(anchor);
    }
  });
});
