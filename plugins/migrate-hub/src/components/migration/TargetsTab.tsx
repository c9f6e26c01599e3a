import { Link } from '@backstage/core-components';
import { RouteOutput } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback, useMemo } from 'react';
import { useHub, useHubClient } from '../../hooks/useHub';
import { usePagedList } from '../../hooks/usePagedList';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { EmptyState } from '../EmptyState';
import { EnvironmentName } from '../EnvironmentName';
import { Column, PagedTable } from '../PagedTable';
import { ReconciliationText } from '../ReconciliationText';
import { RelativeTime } from '../RelativeTime';
import { StatusBadge } from '../StatusBadge';
import type { MigrationTabProps } from './MigrationTabs';

type Holding = RouteOutput<'listMigrationTargets'>['items'][number];

/** Which target has which version, from the last run. */
export const TargetsTab = ({ migration }: MigrationTabProps) => {
  const t = useText();
  const paths = useHubPaths();
  const client = useHubClient();
  const { environments } = useHub();
  const { id, version } = migration;
  const list = usePagedList(
    useCallback(
      async (page: { cursor?: string }, signal: AbortSignal) => {
        const answer = await client.call('listMigrationTargets', {
          params: { id },
          query: { ...page, limit: 200 },
          signal,
        });
        const place = ({ environment }: Holding) =>
          environments.findIndex(({ name }) => name === environment);
        return {
          ...answer,
          items: [...answer.items].sort(
            (a, b) =>
              place(a) - place(b) || a.target.name.localeCompare(b.target.name),
          ),
        };
      },
      [client, id, environments],
    ),
  );
  const columns = useMemo((): Column<Holding>[] => {
    const versionText = (holding: Holding) => {
      if (!holding.checksumUp) return t('grid.none');
      if (holding.version === undefined) return t('grid.other');
      const text = t('versions.number', { version: String(holding.version) });
      return holding.version === version
        ? text
        : `${text} (${t('grid.behind')})`;
    };
    return [
      {
        id: 'environment',
        header: t('grid.environment'),
        cell: ({ environment }) => <EnvironmentName name={environment} />,
      },
      {
        id: 'target',
        header: t('grid.target'),
        rowHeader: true,
        cell: ({ target }) => <code>{target.name}</code>,
      },
      { id: 'version', header: t('grid.version'), cell: versionText },
      {
        id: 'status',
        header: t('grid.status'),
        cell: ({ status, runId }) => (
          <Link to={paths.run(runId)}>
            <StatusBadge status={status} />
          </Link>
        ),
      },
      {
        id: 'outcome',
        header: t('grid.outcome'),
        cell: ({ outcome }) =>
          outcome && <StatusBadge status={outcome} variant="text" />,
      },
      {
        id: 'record',
        header: t('dbRecord.header'),
        cell: ({ reconciliation }) => (
          <ReconciliationText of={reconciliation} />
        ),
      },
      {
        id: 'at',
        header: t('grid.at'),
        noWrap: true,
        cell: ({ at }) => <RelativeTime at={at} />,
      },
    ];
  }, [t, paths, version]);

  return (
    <PagedTable
      label={t('migration.tab.targets')}
      list={list}
      columns={columns}
      keyOf={({ target }) => target.id}
      empty={
        <EmptyState title={t('grid.empty')}>{t('grid.emptyHelp')}</EmptyState>
      }
    />
  );
};
