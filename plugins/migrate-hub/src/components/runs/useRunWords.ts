import { Run } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useIsProtected } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { useRunZone } from './useRunZone';

/** What a person does with a run as a whole. */
export type RunAct =
  | 'approve'
  | 'deny'
  | 'execute'
  | 'schedule'
  | 'breakGlass'
  | 'confirmBreakGlass'
  | 'continue'
  | 'cancel'
  | 'retry';

/** What an act is called, and what it comes to. */
interface ActWords {
  label: () => string;
  title: () => string;
  consequence: () => string;
  comment?: { label: string; required?: boolean };
}

/** The refusal by the clock that is to be overruled. */
const clockOf = (run: Run): string =>
  run.waitingFor?.message ??
  run.actions.find(({ action }) => action === 'execute')?.message ??
  '';

/** The words of the acts that have to do with clock and waves. */
function useRolloutWords(
  run: Run,
): Record<
  'schedule' | 'breakGlass' | 'confirmBreakGlass' | 'continue',
  ActWords
> {
  const t = useText();
  const { environment, itemCounts, wave, breakGlass, waitingFor } = run;
  const targets = (count: number) => t('runActs.targets', { count });
  const mode = t(`runActs.executeMode.${run.analysis.mode}`);
  const all = { targets: targets(itemCounts.total), environment };
  const next = {
    number: String(wave?.number ?? ''),
    of: String(wave?.of ?? ''),
    targets: targets(wave?.targets ?? 0),
  };
  const adopt = waitingFor?.kind === 'adoption';
  return {
    schedule: {
      label: () => t('rolloutActs.schedule'),
      title: () => t('rolloutActs.scheduleTitle'),
      consequence: () => t('rolloutActs.scheduleWhat', all),
    },
    breakGlass: {
      label: () => t('rolloutActs.breakGlass'),
      title: () => t('rolloutActs.breakGlassTitle'),
      consequence: () =>
        t('rolloutActs.breakGlassWhat', { ...all, clock: clockOf(run) }),
      comment: { label: t('rolloutActs.breakGlassReason'), required: true },
    },
    confirmBreakGlass: {
      label: () => t('rolloutActs.confirmBreakGlass'),
      title: () => t('rolloutActs.confirmBreakGlassTitle'),
      consequence: () =>
        t('rolloutActs.confirmBreakGlassWhat', {
          ...{ ...all, mode, clock: clockOf(run) },
          name: breakGlass?.requestedBy.name ?? '',
          reason: breakGlass?.reason ?? '',
        }),
    },
    continue: {
      label: () =>
        adopt ? t('rolloutActs.adopt') : t('rolloutActs.continue', next),
      title: () =>
        t(adopt ? 'rolloutActs.adoptTitle' : 'rolloutActs.continueTitle'),
      consequence: () =>
        adopt
          ? t('rolloutActs.adoptWhat', { environment, mode })
          : t('rolloutActs.continueWhat', {
              ...{ ...next, environment, mode },
              executed: String(itemCounts.executed + itemCounts.skipped),
              failed: String(itemCounts.failed),
            }),
      comment: { label: t('runActs.reason') },
    },
  };
}

/** What each act on this run is called, and what it comes to. */
export function useRunWords(run: Run) {
  const t = useText();
  const isProtected = useIsProtected();
  const { moment } = useRunZone(run);
  const { environment, type, itemCounts, notBefore } = run;
  const rollback = type === 'rollback';
  const failed = itemCounts.failed + itemCounts.canceled;
  const targets = (count: number) => t('runActs.targets', { count });
  const mode = t(`runActs.executeMode.${run.analysis.mode}`);
  const which = { key: run.migration.key, environment };
  const all = { count: itemCounts.total, environment };
  const later =
    notBefore && Date.parse(notBefore) > Date.now() ? notBefore : undefined;

  const acts: Record<RunAct, ActWords> = {
    ...useRolloutWords(run),
    approve: {
      label: () => t('runActs.approve', all),
      title: () => t('runActs.approveTitle', which),
      consequence: () =>
        t('runActs.approveWhat', {
          checksum: run.checksum.slice(0, 8),
          targets: targets(itemCounts.total),
          environment,
        }),
      comment: { label: t('runActs.comment') },
    },
    deny: {
      label: () => t('runActs.deny'),
      title: () => t('runActs.denyTitle', which),
      consequence: () => t('runActs.denyWhat'),
      comment: { label: t('runActs.commentRequired'), required: true },
    },
    execute: {
      label: () =>
        t(`runActs.${rollback ? 'executeRollback' : 'execute'}`, all),
      title: () =>
        t(rollback ? 'runActs.rollbackTitle' : 'runActs.executeTitle', which),
      consequence: () => {
        const where = { targets: targets(itemCounts.total), environment, mode };
        if (later) {
          return t('rolloutActs.executeLater', { ...where, at: moment(later) });
        }
        return t(
          rollback ? 'runActs.rollbackWhat' : 'runActs.executeWhat',
          where,
        );
      },
    },
    cancel: {
      label: () => t('runActs.cancel'),
      title: () => t('runActs.cancelTitle', which),
      consequence: () =>
        t(
          run.startedAt
            ? 'runActs.cancelWhatRunning'
            : 'runActs.cancelWhatWaiting',
        ),
      comment: { label: t('runActs.reason') },
    },
    retry: {
      label: () => t('runActs.retry', { count: failed }),
      title: () => t('runActs.retryTitle', which),
      consequence: () => t('runActs.retryWhat', { targets: targets(failed) }),
      comment: { label: t('runActs.reason') },
    },
  };

  return {
    label: (act: RunAct) => acts[act].label(),
    title: (act: RunAct) => acts[act].title(),
    consequence: (act: RunAct) => acts[act].consequence(),
    comment: (act: RunAct) => acts[act].comment,
    /** What cannot be taken back, or goes past a rule. */
    isGrave: (act: RunAct) =>
      act === 'deny' ||
      act === 'cancel' ||
      act === 'breakGlass' ||
      act === 'confirmBreakGlass',
    /** Where it is protected, whatever makes SQL run asks for the key of the migration. */
    nameToType: (act: RunAct) =>
      isProtected(environment) && act !== 'deny' && act !== 'cancel'
        ? run.migration.key
        : undefined,
  };
}
