import { Link } from '@backstage/core-components';
import { ComponentType, Suspense, lazy } from 'react';
import { Route, Routes, useParams } from 'react-router-dom';
import { useText } from '../../hooks/useText';
import { pagePaths, useHubPaths } from '../../routes';
import { EmptyState } from '../EmptyState';
import { PageSkeleton } from '../Skeletons';

/** Each page is fetched when it is opened: the editor is not in the way of the list. */
function page<M extends Record<K, ComponentType>, K extends string>(
  load: () => Promise<M>,
  name: K,
) {
  return lazy(async () => ({ default: (await load())[name] as ComponentType }));
}

const pages: Record<keyof typeof pagePaths, ComponentType> = {
  dashboard: page(() => import('../dashboard'), 'DashboardPage'),
  migrations: page(() => import('../migrations'), 'MigrationsPage'),
  newMigration: page(() => import('../editor'), 'NewMigrationPage'),
  migration: page(() => import('../migration'), 'MigrationPage'),
  editMigration: page(() => import('../editor'), 'EditMigrationPage'),
  runs: page(() => import('../runs'), 'RunsPage'),
  run: page(() => import('../runs'), 'RunPage'),
  approvals: page(() => import('../approvals'), 'ApprovalsPage'),
  databases: page(() => import('../databases'), 'DatabasesPage'),
  admin: page(() => import('../admin'), 'AdminPage'),
};

/** Another entity is another page: nothing of the one before stays. */
const Fresh = ({ Component }: { Component: ComponentType }) => {
  const { id } = useParams();
  return <Component key={id} />;
};

const NotFound = () => {
  const t = useText();
  const paths = useHubPaths();
  return (
    <EmptyState
      title={t('page.notFound')}
      action={<Link to={paths.dashboard}>{t('page.toDashboard')}</Link>}
    >
      {t('page.notFoundHelp')}
    </EmptyState>
  );
};

export const Pages = () => (
  <Suspense fallback={<PageSkeleton />}>
    <Routes>
      {Object.entries(pagePaths).map(([name, path]) => (
        <Route
          key={name}
          path={path}
          element={<Fresh Component={pages[name as keyof typeof pagePaths]} />}
        />
      ))}
      <Route path="*" element={<NotFound />} />
    </Routes>
  </Suspense>
);
