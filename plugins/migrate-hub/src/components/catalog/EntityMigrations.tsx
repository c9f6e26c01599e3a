import { Link, MissingAnnotationEmptyState } from '@backstage/core-components';
import { useEntity } from '@backstage/plugin-catalog-react';
import Button from '@mui/material/Button';
import { useCallback } from 'react';
import { useNavigate } from 'react-router-dom';
import { useHub, useHubClient } from '../../hooks/useHub';
import { usePagedList } from '../../hooks/usePagedList';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { EmptyState } from '../EmptyState';
import { HubTheme } from '../HubTheme';
import { useMigrationColumns } from '../migrations/migrationColumns';
import { PagedTable } from '../PagedTable';
import { PageTitle } from '../PageTitle';
import { PROJECT_ANNOTATION, projectOf } from './projectOf';
import { WithHub } from './WithHub';

/** The tab of an entity: the migrations of its project. */
export const EntityMigrations = () => {
  const { entity } = useEntity();
  const project = projectOf(entity);
  if (!project) {
    return <MissingAnnotationEmptyState annotation={PROJECT_ANNOTATION} />;
  }
  return (
    <HubTheme>
      <WithHub>
        <ProjectMigrations project={project} />
      </WithHub>
    </HubTheme>
  );
};

const columnOptions = {};

function ProjectMigrations({ project }: { project: string }) {
  const t = useText();
  const paths = useHubPaths();
  const navigate = useNavigate();
  const client = useHubClient();
  const { me } = useHub();
  const columns = useMigrationColumns(columnOptions);
  const list = usePagedList(
    useCallback(
      (page: { cursor?: string }, signal: AbortSignal) =>
        client.call('listMigrations', {
          query: { project, ...page, limit: 25 },
          signal,
        }),
      [client, project],
    ),
  );
  const query = `?project=${encodeURIComponent(project)}`;
  return (
    <>
      <PageTitle
        title={t('catalog.title')}
        subtitle={
          <Link to={`${paths.migrations}${query}`}>
            {t('catalog.all', { project })}
          </Link>
        }
      >
        {me.allowedActions.includes('createMigration') && (
          <Button
            variant="contained"
            onClick={() => navigate(`${paths.newMigration}${query}`)}
          >
            {t('catalog.create')}
          </Button>
        )}
      </PageTitle>
      <PagedTable
        label={t('catalog.title')}
        list={list}
        columns={columns}
        keyOf={({ id }) => id}
        empty={
          <EmptyState title={t('catalog.none')}>
            {t('catalog.noneHelp', { project })}
          </EmptyState>
        }
      />
    </>
  );
}
