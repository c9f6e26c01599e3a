import { useCallback } from 'react';
import { useHubClient } from '../../hooks/useHub';
import { useLoad } from '../../hooks/useLoad';
import { WaitingList } from '../dashboard/WaitingList';
import { HubTheme } from '../HubTheme';
import { Loaded } from '../Section';

/** For the home page: what only I can move on. */
export const WaitingForMe = () => {
  const client = useHubClient();
  const dashboard = useLoad(
    useCallback(signal => client.call('getDashboard', { signal }), [client]),
  );
  return (
    <HubTheme>
      <Loaded load={dashboard}>
        {({ waitingForMe }) => <WaitingList waiting={waitingForMe} />}
      </Loaded>
    </HubTheme>
  );
};
