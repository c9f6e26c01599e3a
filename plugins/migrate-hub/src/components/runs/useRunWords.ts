import { Run } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';

/** What a person does with a run as a whole. */
export type RunAct = 'approve' | 'deny' | 'execute' | 'cancel' | 'retry';

/** What each act on this run is called, and what it comes to. */
export function useRunWords(run: Run) {
  const t = useText();
  const { environment, type, itemCounts } = run;
  const rollback = type === 'rollback';
  const failed = itemCounts.failed + itemCounts.canceled;
  const targets = (count: number) => t('runActs.targets', { count });
  const mode = t(`runActs.executeMode.${run.analysis.mode}`);
  const which = { key: run.migration.key, environment };
  const all = { count: itemCounts.total, environment };

  const labels: Record<RunAct, () => string> = {
    approve: () => t('runActs.approve', all),
    deny: () => t('runActs.deny'),
    execute: () =>
      t(`runActs.${rollback ? 'executeRollback' : 'execute'}`, all),
    cancel: () => t('runActs.cancel'),
    retry: () => t('runActs.retry', { count: failed }),
  };
  const titles: Record<RunAct, () => string> = {
    approve: () => t('runActs.approveTitle', which),
    deny: () => t('runActs.denyTitle', which),
    execute: () =>
      t(rollback ? 'runActs.rollbackTitle' : 'runActs.executeTitle', which),
    cancel: () => t('runActs.cancelTitle', which),
    retry: () => t('runActs.retryTitle', which),
  };
  const consequences: Record<RunAct, () => string> = {
    approve: () =>
      t('runActs.approveWhat', {
        checksum: run.checksum.slice(0, 8),
        targets: targets(itemCounts.total),
        environment,
      }),
    deny: () => t('runActs.denyWhat'),
    execute: () =>
      t(rollback ? 'runActs.rollbackWhat' : 'runActs.executeWhat', {
        targets: targets(itemCounts.total),
        environment,
        mode,
      }),
    cancel: () =>
      t(
        run.startedAt
          ? 'runActs.cancelWhatRunning'
          : 'runActs.cancelWhatWaiting',
      ),
    retry: () => t('runActs.retryWhat', { targets: targets(failed) }),
  };
  const comments: Record<
    RunAct,
    () => { label: string; required?: boolean } | undefined
  > = {
    approve: () => ({ label: t('runActs.comment') }),
    deny: () => ({ label: t('runActs.commentRequired'), required: true }),
    execute: () => undefined,
    cancel: () => ({ label: t('runActs.reason') }),
    retry: () => ({ label: t('runActs.reason') }),
  };

  return {
    label: (act: RunAct) => labels[act](),
    title: (act: RunAct) => titles[act](),
    consequence: (act: RunAct) => consequences[act](),
    comment: (act: RunAct) => comments[act](),
    /** In prd whatever makes SQL run asks for the key of the migration. */
    nameToType: (act: RunAct) =>
      environment === 'prd' && act !== 'deny' && act !== 'cancel'
        ? run.migration.key
        : undefined,
  };
}
