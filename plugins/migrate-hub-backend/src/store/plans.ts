import { Knex } from 'knex';
import { Plan } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { SqlProblem } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { PlanSummary } from '../domain/types';
import { Tx } from './Database';
import { planTextOf, readPlanText } from './planText';

/** Keeps a plan under the hash of its canonical JSON; the same plan stands once. */
export async function savePlan(
  tx: Knex.Transaction,
  plan: Plan,
  problems: SqlProblem[],
): Promise<PlanSummary> {
  const { text, hash } = await planTextOf(plan);
  const summary: PlanSummary = {
    hash,
    checksum: plan.checksum,
    engine: plan.engine,
    mode: plan.mode,
    statementCount: plan.statements.length,
    transactionalCount: plan.statements.filter(
      statement => statement.transactional === 'yes',
    ).length,
    problems,
  };
  await tx('plans')
    .insert({
      hash: summary.hash,
      checksum: summary.checksum,
      engine: summary.engine,
      mode: summary.mode,
      statement_count: summary.statementCount,
      transactional_count: summary.transactionalCount,
      plan: text,
      problems: JSON.stringify(problems),
    })
    .onConflict('hash')
    .ignore();
  return summary;
}

export async function findPlanSummary(
  tx: Tx,
  hash: string,
): Promise<PlanSummary> {
  const row = await tx('plans')
    .where({ hash })
    .first(
      'hash',
      'checksum',
      'engine',
      'mode',
      'statement_count',
      'transactional_count',
      'problems',
    );
  if (!row) throw new Error(`no plan with hash ${hash}`);
  return {
    hash: row.hash,
    checksum: row.checksum,
    engine: row.engine,
    mode: row.mode,
    statementCount: row.statement_count,
    transactionalCount: row.transactional_count,
    problems: row.problems,
  };
}

/** @throws Error if the stored text is not what its hash says. */
export async function readPlan(tx: Tx, hash: string): Promise<Plan> {
  const row = await tx('plans').where({ hash }).first('plan');
  if (!row) throw new Error(`no plan with hash ${hash}`);
  return readPlanText(row.plan, hash);
}
