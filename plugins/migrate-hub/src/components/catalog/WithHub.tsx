import { ReactNode } from 'react';
import { HubContext } from '../../hooks/useHub';
import { useHubLoad } from '../../hooks/useHubLoad';
import { Loaded } from '../Section';

/** What the shell loads, for parts of the hub on pages of others. */
export const WithHub = ({ children }: { children: ReactNode }) => {
  const hub = useHubLoad();
  return (
    <Loaded load={hub}>
      {value => (
        <HubContext.Provider value={value}>{children}</HubContext.Provider>
      )}
    </Loaded>
  );
};
