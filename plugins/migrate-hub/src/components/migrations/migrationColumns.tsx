import { Link } from '@backstage/core-components';
import Typography from '@mui/material/Typography';
import { MigrationSummary } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useMemo } from 'react';
import { useHub } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { EnvironmentName } from '../EnvironmentName';
import { Column } from '../PagedTable';
import { RelativeTime } from '../RelativeTime';
import { StateIn } from './StateIn';

/** A row a migration: its state in each environment, in order, or in the chosen one. */
export function useMigrationColumns(options: {
  environment?: string;
}): Column<MigrationSummary>[] {
  const { environment } = options;
  const t = useText();
  const paths = useHubPaths();
  const { environments } = useHub();

  return useMemo(
    () => [
      {
        id: 'key',
        header: t('migrations.key'),
        rowHeader: true,
        cell: ({ id, key }) => (
          <Link to={paths.migration(id)}>
            <code>{key}</code>
          </Link>
        ),
      },
      {
        id: 'name',
        header: t('migrations.name'),
        cell: ({ name, archived }) => (
          <>
            {name}
            {archived && (
              <Typography variant="caption" color="text.secondary">
                {` (${t('migrations.archived')})`}
              </Typography>
            )}
          </>
        ),
      },
      {
        id: 'project',
        header: t('migrations.project'),
        cell: ({ project }) => project,
      },
      {
        id: 'jira',
        header: t('migrations.jira'),
        noWrap: true,
        cell: ({ jira }) => jira ?? '',
      },
      ...environments
        .filter(({ name }) => !environment || name === environment)
        .map(
          ({ name }): Column<MigrationSummary> => ({
            id: `state ${name}`,
            header: <EnvironmentName name={name} />,
            cell: migration => (
              <StateIn migration={migration} environment={name} />
            ),
          }),
        ),
      {
        id: 'updated',
        header: t('migrations.updated'),
        noWrap: true,
        cell: ({ updatedAt, updatedBy }) => (
          <>
            <RelativeTime at={updatedAt} />
            <Typography
              variant="caption"
              color="text.secondary"
              component="div"
            >
              {t('migrations.updatedBy', { name: updatedBy.name })}
            </Typography>
          </>
        ),
      },
    ],
    [t, paths, environments, environment],
  );
}
