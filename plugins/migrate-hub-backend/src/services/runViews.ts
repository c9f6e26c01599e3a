import {
  Approval,
  ItemCounts,
  Run,
  RunItem,
  RunSummary,
  RunType,
  TargetRef,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { allowedResolutions } from '../domain/resolution';
import { breakGlassEnds } from '../domain/breakGlass';
import { Hold } from '../domain/holds';
import {
  BreakGlass,
  DbTargetRecord,
  PlanSummary,
  RunItemRecord,
  RunRecord,
} from '../domain/types';
import { RunListRow } from '../store/runLists';
import { ActorLookup } from './actors';
import { RunFacts } from './RunFacts';

const iso = (date: Date | undefined): string | undefined => date?.toISOString();

/** Everybody whom the summary of a run names. */
export const peopleOf = (run: RunRecord): (string | undefined)[] => [
  run.requestedBy,
  run.breakGlass?.requestedBy,
  run.breakGlass?.confirmed?.by,
];

function breakGlassView(
  glass: BreakGlass,
  actor: ActorLookup,
): RunSummary['breakGlass'] {
  const { reason, requestedBy, requestedAt, confirmed } = glass;
  return {
    reason,
    requestedBy: actor(requestedBy),
    requestedAt: requestedAt.toISOString(),
    confirmedBy: confirmed && actor(confirmed.by),
    confirmedAt: iso(confirmed?.at),
    endsAt: breakGlassEnds(glass).toISOString(),
  };
}

/** Why nothing more of a run is started, of one that is queued or running. */
export const holdView = (hold: Hold | undefined): Run['waitingFor'] =>
  hold && { ...hold, until: iso(hold.until) };

export function runSummaryView(
  run: RunListRow,
  options: { counts: ItemCounts; actor: ActorLookup },
): RunSummary {
  return {
    id: run.id,
    migration: run.migration,
    version: run.version,
    environment: run.environment,
    engine: run.engine,
    type: run.type,
    status: run.status,
    reason: run.reason,
    requestedBy: options.actor(run.requestedBy),
    itemCounts: options.counts,
    scheduledFor: iso(run.scheduledFor),
    breakGlass: run.breakGlass && breakGlassView(run.breakGlass, options.actor),
    createdAt: run.createdAt.toISOString(),
    startedAt: iso(run.startedAt),
    finishedAt: iso(run.finishedAt),
  };
}

/** What the last connection test of a target warned of. */
export const warningsOf = ({ lastTest }: DbTargetRecord): string[] =>
  (lastTest?.checks ?? []).flatMap(({ warning, message }) =>
    warning ? [message] : [],
  );

export const targetRef = (target: DbTargetRecord): TargetRef => ({
  id: target.id,
  name: target.name,
  dbSet: target.dbSetName,
  host: target.host,
  port: target.port,
  database: target.database,
});

export function runItemView(
  item: RunItemRecord,
  { target, type }: { target: DbTargetRecord; type: RunType },
): RunItem {
  return {
    id: item.id,
    target: targetRef(target),
    status: item.status,
    outcome: item.outcome,
    attempt: item.attempt,
    revision: item.revision,
    statementsDone: item.statementsDone,
    statementsTotal: item.statementsTotal,
    currentStatement:
      item.currentStatement !== undefined && item.currentStartedAt
        ? {
            index: item.currentStatement,
            startedAt: item.currentStartedAt.toISOString(),
          }
        : undefined,
    waitingFor: item.waitingFor,
    evidence: item.evidence,
    error: item.error,
    allowedResolutions: allowedResolutions(item, type),
    startedAt: iso(item.startedAt),
    finishedAt: iso(item.finishedAt),
  };
}

export function approvalViews(facts: RunFacts, actor: ActorLookup): Approval[] {
  return facts.judgement.judged.map(({ approval, counts, reason }) => ({
    id: approval.id,
    decision: approval.decision,
    digest: approval.digest,
    revision: approval.revision,
    comment: approval.comment,
    approver: actor(approval.approverId),
    at: approval.createdAt.toISOString(),
    counts,
    reason,
  }));
}

export function runView(
  summary: RunSummary,
  options: {
    facts: RunFacts;
    plan: PlanSummary;
    sql: string;
    dbSets: Run['dbSets'];
    comparison: Run['comparison'];
    actor: ActorLookup;
    blockers: Run['blockers'];
    /** When it could start and why it does not. */
    timing: Pick<Run, 'opensAt' | 'waitingFor' | 'wave'>;
    actions: Pick<Run, 'actions' | 'allowedActions'>;
    firstItems: number;
  },
): Run {
  const { facts, plan, actor } = options;
  const targets = new Map(facts.targets.map(target => [target.id, target]));
  return {
    ...summary,
    dbSets: options.dbSets,
    digest: facts.revision.digest,
    binding: facts.revision.binding,
    sql: options.sql,
    checksum: facts.revision.checksum,
    comparison: options.comparison,
    revision: facts.run.revision,
    planHash: plan.hash,
    approvals: approvalViews(facts, actor),
    approvalsRequired: facts.judgement.required,
    analysis: {
      statements: plan.statementCount,
      transactional: plan.transactionalCount,
      mode: plan.mode,
      problems: plan.problems,
    },
    targetWarnings: facts.items.slice(0, options.firstItems).flatMap(item => {
      const target = targets.get(item.targetId);
      if (!target) return [];
      return warningsOf(target).map(message => ({
        target: targetRef(target),
        message,
      }));
    }),
    items: facts.items.slice(0, options.firstItems).flatMap(item => {
      const target = targets.get(item.targetId);
      return target ? [runItemView(item, { target, type: summary.type })] : [];
    }),
    executedBy: facts.run.executedBy ? actor(facts.run.executedBy) : undefined,
    notBefore: facts.revision.binding.schedule?.notBefore,
    ...options.timing,
    blockers: options.blockers,
    ...options.actions,
  };
}
