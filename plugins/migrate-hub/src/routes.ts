import { createRouteRef, useRouteRef } from '@backstage/core-plugin-api';
import { useMemo } from 'react';

export const rootRouteRef = createRouteRef({ id: 'migrate-hub' });

/** The pages below the address where the portal mounts the plugin. */
export const pagePaths = {
  dashboard: '/',
  migrations: '/migrations',
  newMigration: '/migrations/new',
  migration: '/migrations/:id',
  editMigration: '/migrations/:id/edit',
  runs: '/runs',
  run: '/runs/:id',
  approvals: '/approvals',
  databases: '/databases',
  admin: '/admin',
} as const;

/** The addresses of the pages, wherever the portal mounts the plugin. */
export interface HubPaths {
  dashboard: string;
  migrations: string;
  newMigration: string;
  migration: (id: string) => string;
  editMigration: (id: string) => string;
  runs: string;
  run: (id: string) => string;
  approvals: string;
  databases: string;
  admin: string;
}

/** Links to pages of the hub, also from a card elsewhere in the portal. */
export function useHubPaths(): HubPaths {
  const root = useRouteRef(rootRouteRef)().replace(/\/$/, '');
  return useMemo(() => {
    const to = (page: keyof typeof pagePaths, id = '') =>
      `${root}${pagePaths[page].replace(':id', encodeURIComponent(id))}`;
    return {
      dashboard: root || '/',
      migrations: to('migrations'),
      newMigration: to('newMigration'),
      migration: id => to('migration', id),
      editMigration: id => to('editMigration', id),
      runs: to('runs'),
      run: id => to('run', id),
      approvals: to('approvals'),
      databases: to('databases'),
      admin: to('admin'),
    };
  }, [root]);
}
