import { EnvironmentPolicy } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { MayDecideInput } from '../domain/approvals';
import { stricterPolicy } from '../domain/policy';
import { RunRecord } from '../domain/types';
import { listApprovals } from '../store/approvals';
import { Tx } from '../store/Database';
import { decisionBasisOf } from '../store/decisionBasis';
import { EnvironmentPolicies } from './EnvironmentPolicies';

/** What the rules ask about a run that waits for approval. */
export type DecisionSubject = Pick<
  MayDecideInput,
  'run' | 'revision' | 'versionAuthorId' | 'changerIds' | 'policy' | 'approvals'
>;

/**
 * Reads what decides who may approve, by run id.
 *
 * @remarks
 * Two statements and one for each environment, however many runs: hundreds may
 * wait, each with thousands of targets, of which nothing is asked.
 */
export async function readDecisionSubjects(
  tx: Tx,
  environments: EnvironmentPolicies,
  runs: RunRecord[],
): Promise<Map<string, DecisionSubject>> {
  const ids = runs.map(run => run.id);
  const bases = await decisionBasisOf(tx, ids);
  const approvals = await listApprovals(tx, ids);
  const today = new Map<string, EnvironmentPolicy>();
  for (const name of new Set(runs.map(run => run.environment))) {
    today.set(name, (await environments.read(tx, name)).policy);
  }
  const subjects = new Map<string, DecisionSubject>();
  for (const run of runs) {
    const basis = bases.get(run.id);
    const policy = today.get(run.environment);
    if (!basis || !policy) throw new Error(`run ${run.id} is incomplete`);
    subjects.set(run.id, {
      ...basis,
      run,
      policy: stricterPolicy(basis.policy, policy),
      approvals: approvals.filter(approval => approval.runId === run.id),
    });
  }
  return subjects;
}
