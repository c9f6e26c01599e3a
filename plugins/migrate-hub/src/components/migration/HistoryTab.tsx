import { Link } from '@backstage/core-components';
import Box from '@mui/material/Box';
import { HistoryEntry } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback, useMemo } from 'react';
import { useHubClient } from '../../hooks/useHub';
import { usePagedList } from '../../hooks/usePagedList';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { EmptyState } from '../EmptyState';
import { EnvironmentName } from '../EnvironmentName';
import { Column, PagedTable } from '../PagedTable';
import { RelativeTime } from '../RelativeTime';
import type { MigrationTabProps } from './MigrationTabs';

/** What happened, newest first. */
export const HistoryTab = ({ migration }: MigrationTabProps) => {
  const t = useText();
  const paths = useHubPaths();
  const client = useHubClient();
  const { id } = migration;
  const list = usePagedList(
    useCallback(
      (page: { cursor?: string }, signal: AbortSignal) =>
        client.call('listMigrationHistory', {
          params: { id },
          query: { ...page, limit: 50 },
          signal,
        }),
      [client, id],
    ),
  );
  const columns = useMemo(
    (): Column<HistoryEntry>[] => [
      {
        id: 'at',
        header: t('history.when'),
        noWrap: true,
        cell: ({ at }) => <RelativeTime at={at} />,
      },
      {
        id: 'actor',
        header: t('history.who'),
        noWrap: true,
        cell: ({ actor }) => actor?.name ?? t('history.someone'),
      },
      {
        id: 'environment',
        header: t('grid.environment'),
        cell: ({ environment }) =>
          environment && <EnvironmentName name={environment} />,
      },
      {
        id: 'summary',
        header: t('history.what'),
        cell: ({ summary, run }) => (
          <Box sx={{ minWidth: '30ch' }}>
            {run ? <Link to={paths.run(run)}>{summary}</Link> : summary}
          </Box>
        ),
      },
    ],
    [t, paths],
  );
  return (
    <PagedTable
      label={t('migration.tab.history')}
      list={list}
      columns={columns}
      keyOf={entry => `${entry.at} ${entry.action} ${entry.summary}`}
      empty={<EmptyState title={t('history.empty')} />}
    />
  );
};
