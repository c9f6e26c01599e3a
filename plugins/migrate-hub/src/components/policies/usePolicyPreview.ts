import {
  EnvironmentPolicy,
  EnvironmentPreview,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback } from 'react';
import { useDebounced } from '../../hooks/useDebounced';
import { useHubClient } from '../../hooks/useHub';
import { Load, useLoad } from '../../hooks/useLoad';

/** What a policy would change, asked once the typing pauses; nothing for a draft that is none. */
export function usePolicyPreview(
  name: string,
  policy: EnvironmentPolicy | undefined,
): Load<EnvironmentPreview | undefined> {
  const hub = useHubClient();
  const typed = policy && JSON.stringify(policy);
  const settled = useDebounced(typed);
  const load = useLoad(
    useCallback(
      async (signal: AbortSignal) => {
        if (settled === undefined) return undefined;
        return hub.call('previewEnvironmentSettings', {
          params: { name },
          body: { policy: JSON.parse(settled) },
          signal,
        });
      },
      [hub, name, settled],
    ),
  );
  const current = settled === typed;
  return { ...load, loading: load.loading || !current };
}
