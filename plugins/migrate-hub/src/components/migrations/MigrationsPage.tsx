import Button from '@mui/material/Button';
import { useCallback } from 'react';
import { useNavigate } from 'react-router-dom';
import { useFilters } from '../../hooks/useFilters';
import { useHub, useHubClient } from '../../hooks/useHub';
import { usePagedList } from '../../hooks/usePagedList';
import { usePolling } from '../../hooks/usePolling';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { EmptyState } from '../EmptyState';
import { PagedTable } from '../PagedTable';
import { PageTitle } from '../PageTitle';
import { MigrationFilters, filterNames } from './MigrationFilters';
import { useMigrationColumns } from './migrationColumns';

const REFRESH_MS = 15_000;

/** Where does each change stand? */
export const MigrationsPage = () => {
  const t = useText();
  const paths = useHubPaths();
  const navigate = useNavigate();
  const client = useHubClient();
  const { me, environments } = useHub();
  const filters = useFilters(filterNames);
  const { values } = filters;
  const columns = useMigrationColumns({ environment: values.environment });

  const list = usePagedList(
    useCallback(
      (page: { cursor?: string }, signal: AbortSignal) => {
        const { archived, environment, state, ...rest } = values;
        return client.call('listMigrations', {
          query: {
            ...rest,
            ...page,
            limit: 50,
            // Without a state the environment only chooses the column.
            ...(state && {
              state,
              environment: environment ?? environments[0]?.name,
            }),
            archived: archived === 'true' ? 'true' : 'false',
          },
          signal,
        });
      },
      [client, values, environments],
    ),
  );
  usePolling(list.reload, REFRESH_MS);

  const create = me.allowedActions.includes('createMigration') && (
    <Button variant="contained" onClick={() => navigate(paths.newMigration)}>
      {t('migrations.create')}
    </Button>
  );
  return (
    <>
      <PageTitle title={t('migrations.title')}>{create}</PageTitle>
      <MigrationFilters filters={filters} />
      <PagedTable
        label={t('migrations.title')}
        list={list}
        columns={columns}
        keyOf={({ id }) => id}
        empty={
          filters.active ? (
            <EmptyState
              title={t('migrations.noneFound')}
              action={
                <Button onClick={filters.clear}>{t('filter.clear')}</Button>
              }
            >
              {t('migrations.noneFoundHelp')}
            </EmptyState>
          ) : (
            <EmptyState title={t('migrations.empty')} action={create}>
              {t('migrations.emptyHelp')}
            </EmptyState>
          )
        }
      />
    </>
  );
};
