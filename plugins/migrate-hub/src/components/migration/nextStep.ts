import {
  Migration,
  RunStatus,
  RunSummary,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { stateWithout } from '../StatusBadge';

/** The one thing that takes the migration on. */
export type NextStep =
  | { kind: 'request'; environment: string }
  | {
      kind: 'approve' | 'execute' | 'running' | 'look';
      environment: string;
      run: RunSummary;
    }
  | { kind: 'done' };

const ofStatus: Partial<
  Record<RunStatus, 'approve' | 'execute' | 'running' | 'look'>
> = {
  awaiting_approval: 'approve',
  approved: 'execute',
  queued: 'running',
  running: 'running',
  failed: 'look',
};

const open: RunStatus[] = [
  'awaiting_approval',
  'approved',
  'queued',
  'running',
];

/** The run of an environment that matters now: the open one, else the newest. */
export function latestRun(
  runs: RunSummary[],
  environment: string,
): RunSummary | undefined {
  const here = runs.filter(run => run.environment === environment);
  return here.find(run => open.includes(run.status)) ?? here[0];
}

const stateIn = (
  migration: Pick<Migration, 'states'>,
  environment: string,
): string =>
  stateWithout(migration.states[environment] ?? 'draft', environment);

/** Where a request is wanted next: the first environment, in order, that does not have it yet. */
export const nextEnvironment = (
  migration: Pick<Migration, 'states'>,
  environments: string[],
): string | undefined =>
  environments.find(name => stateIn(migration, name) !== 'executed');

/**
 * What is next: in the first environment, in order, that does not have it yet.
 *
 * @param runs - of this migration, newest first
 */
export function nextStep(
  migration: Pick<Migration, 'states'>,
  runs: RunSummary[],
  environments: string[],
): NextStep {
  for (const environment of environments) {
    const state = stateIn(migration, environment);
    const run = latestRun(runs, environment);
    const kind = run && ofStatus[run.status];
    if (run && kind && (state !== 'executed' || kind === 'running')) {
      return { kind, environment, run };
    }
    if (state !== 'executed') return { kind: 'request', environment };
  }
  return { kind: 'done' };
}
