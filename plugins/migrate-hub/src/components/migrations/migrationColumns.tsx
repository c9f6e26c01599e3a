import Typography from '@mui/material/Typography';
import { MigrationSummary } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useMemo } from 'react';
import { useHub } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { EnvironmentName } from '../EnvironmentName';
import { MigrationName } from '../MigrationName';
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
        cell: ({ id, key, name, project, archived }) => (
          <MigrationName
            to={paths.migration(id)}
            migration={{ key, name: `${project} · ${name}` }}
          >
            {archived && ` (${t('migrations.archived')})`}
          </MigrationName>
        ),
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
