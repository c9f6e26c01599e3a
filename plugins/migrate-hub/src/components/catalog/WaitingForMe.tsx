import { Link } from '@backstage/core-components';
import Box from '@mui/material/Box';
import { useCallback } from 'react';
import { useHubClient } from '../../hooks/useHub';
import { useLoad } from '../../hooks/useLoad';
import { usePolling } from '../../hooks/usePolling';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { WaitingList } from '../dashboard/WaitingList';
import { HubTheme } from '../HubTheme';
import { Loaded } from '../Section';
import { WithHub } from './WithHub';

const REFRESH_MS = 30_000;

/** For the home page: what only I can move on. */
export const WaitingForMe = () => {
  const t = useText();
  const paths = useHubPaths();
  const client = useHubClient();
  const dashboard = useLoad(
    useCallback(signal => client.call('getDashboard', { signal }), [client]),
  );
  usePolling(dashboard.reload, REFRESH_MS);
  return (
    <HubTheme>
      <WithHub>
        <Loaded load={dashboard}>
          {({ waitingForMe, proposalsForMe }) => (
            <WaitingList waiting={waitingForMe} proposals={proposalsForMe} />
          )}
        </Loaded>
      </WithHub>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 3, marginTop: 2 }}>
        <Link to={paths.dashboard}>{t('catalog.toDashboard')}</Link>
        <Link to={paths.migrations}>{t('catalog.toMigrations')}</Link>
      </Box>
    </HubTheme>
  );
};
