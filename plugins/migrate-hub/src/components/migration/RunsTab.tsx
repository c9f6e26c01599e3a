import { Link } from '@backstage/core-components';
import { RunSummary } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback, useMemo } from 'react';
import { useHubClient } from '../../hooks/useHub';
import { usePagedList } from '../../hooks/usePagedList';
import { usePolling } from '../../hooks/usePolling';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { Duration } from '../Duration';
import { EmptyState } from '../EmptyState';
import { EnvironmentName } from '../EnvironmentName';
import { ItemProgress } from '../ItemProgress';
import { Column, PagedTable } from '../PagedTable';
import { RelativeTime } from '../RelativeTime';
import { RunMarks } from '../runs/RunMarks';
import { StatusBadge } from '../StatusBadge';
import type { MigrationTabProps } from './MigrationTabs';

const REFRESH_MS = 8_000;

/** Every run of this migration, newest first. */
export const RunsTab = ({ migration }: MigrationTabProps) => {
  const t = useText();
  const paths = useHubPaths();
  const client = useHubClient();
  const { id } = migration;
  const list = usePagedList(
    useCallback(
      (page: { cursor?: string }, signal: AbortSignal) =>
        client.call('listRuns', {
          query: { migration: id, ...page, limit: 25 },
          signal,
        }),
      [client, id],
    ),
  );
  usePolling(list.reload, REFRESH_MS);

  const columns = useMemo(
    (): Column<RunSummary>[] => [
      {
        id: 'environment',
        header: t('migrationRuns.environment'),
        rowHeader: true,
        cell: run => (
          <Link to={paths.run(run.id)}>
            <EnvironmentName name={run.environment} />
          </Link>
        ),
      },
      {
        id: 'type',
        header: t('migrationRuns.type'),
        noWrap: true,
        cell: run => t(`runType.${run.type}`),
      },
      {
        id: 'version',
        header: t('migrationRuns.version'),
        cell: run => String(run.version),
      },
      {
        id: 'status',
        header: t('migrationRuns.status'),
        cell: run => (
          <>
            <StatusBadge status={run.status} />
            <RunMarks run={run} />
          </>
        ),
      },
      {
        id: 'targets',
        header: t('migrationRuns.targets'),
        cell: run => <ItemProgress counts={run.itemCounts} />,
      },
      {
        id: 'took',
        header: t('migrationRuns.took'),
        align: 'right',
        noWrap: true,
        cell: run => <Duration from={run.startedAt} to={run.finishedAt} />,
      },
      {
        id: 'requested',
        header: t('migrationRuns.requested'),
        cell: run => (
          <>
            <RelativeTime at={run.createdAt} />
            {', '}
            {run.requestedBy.name}
          </>
        ),
      },
    ],
    [t, paths],
  );
  return (
    <PagedTable
      label={t('migration.tab.runs')}
      list={list}
      columns={columns}
      keyOf={run => run.id}
      empty={
        <EmptyState title={t('migrationRuns.empty')}>
          {t('migrationRuns.emptyHelp')}
        </EmptyState>
      }
    />
  );
};
