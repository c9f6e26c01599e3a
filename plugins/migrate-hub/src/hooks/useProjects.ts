import { Project } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback } from 'react';
import { useHubClient } from './useHub';
import { Load, useLoad } from './useLoad';

/** Projects to choose from; beyond the first 200 the rest is found by typing a key. */
export function useProjects(): Load<Project[]> {
  const client = useHubClient();
  return useLoad(
    useCallback(
      async (signal: AbortSignal) => {
        const page = await client.call('listProjects', {
          query: { limit: 200, archived: 'false' },
          signal,
        });
        return page.items;
      },
      [client],
    ),
  );
}
