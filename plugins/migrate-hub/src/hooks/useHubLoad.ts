import { useCallback, useMemo } from 'react';
import { Hub, useHubClient } from './useHub';
import { Load, useLoad } from './useLoad';

/** Loads what every page needs, for those who provide it. */
export function useHubLoad(): Load<Hub> {
  const client = useHubClient();
  const load = useLoad(
    useCallback(
      async (signal: AbortSignal) => {
        const [me, environments] = await Promise.all([
          client.call('getMe', { signal }),
          client.call('listEnvironments', { signal }),
        ]);
        return { me, environments };
      },
      [client],
    ),
  );
  const { value, reload } = load;
  const hub = useMemo(() => value && { ...value, reload }, [value, reload]);
  return { ...load, value: hub };
}
