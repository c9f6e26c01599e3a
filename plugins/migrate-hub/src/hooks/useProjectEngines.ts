import {
  Engine,
  engineSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback } from 'react';
import { useHubClient } from './useHub';
import { Load, useLoad } from './useLoad';

/** The engines among the targets of a project; none for a project without targets. */
export function useProjectEngines(project: string | undefined): Load<Engine[]> {
  const client = useHubClient();
  return useLoad(
    useCallback(
      async (signal: AbortSignal) => {
        if (!project) return [];
        const sets = await client.call('listDbSets', {
          query: { project, disabled: 'false', limit: 200 },
          signal,
        });
        const found = new Set(sets.items.flatMap(({ engines }) => engines));
        return engineSchema.options.filter(engine => found.has(engine));
      },
      [client, project],
    ),
  );
}
