import { ReactNode, useCallback } from 'react';
import { HubContext, useHubClient } from '../../hooks/useHub';
import { useLoad } from '../../hooks/useLoad';
import { HubTheme } from '../HubTheme';
import { Loaded } from '../Section';

/** What the shell loads, for parts of the hub on pages of others. */
export const WithHub = ({ children }: { children: ReactNode }) => {
  const client = useHubClient();
  const hub = useLoad(
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
  return (
    <HubTheme>
      <Loaded load={hub}>
        {value => (
          <HubContext.Provider value={value}>{children}</HubContext.Provider>
        )}
      </Loaded>
    </HubTheme>
  );
};
