import { Link } from '@backstage/core-components';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useCallback } from 'react';
import { useNavigate } from 'react-router-dom';
import { useHub, useHubClient } from '../../hooks/useHub';
import { useLoad } from '../../hooks/useLoad';
import { usePolling } from '../../hooks/usePolling';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { PageTitle } from '../PageTitle';
import { Section } from '../Section';
import { ActiveRuns } from './ActiveRuns';
import { Activity } from './Activity';
import { EnvironmentsGlance } from './EnvironmentsGlance';
import { Totals } from './Totals';
import { WaitingList, countWaiting } from './WaitingList';

const REFRESH_MS = 5_000;

/** What needs me? */
export const DashboardPage = () => {
  const t = useText();
  const paths = useHubPaths();
  const navigate = useNavigate();
  const client = useHubClient();
  const { me } = useHub();
  const dashboard = useLoad(
    useCallback(signal => client.call('getDashboard', { signal }), [client]),
  );
  usePolling(dashboard.reload, REFRESH_MS);

  return (
    <>
      <PageTitle
        title={t('dashboard.greeting', { name: me.user.name })}
        name={t('tab.dashboard')}
        subtitle={dashboard.value && <Totals counts={dashboard.value.counts} />}
      >
        {me.allowedActions.includes('createMigration') && (
          <Button
            variant="contained"
            onClick={() => navigate(paths.newMigration)}
          >
            {t('dashboard.create')}
          </Button>
        )}
      </PageTitle>
      <Box
        sx={{
          display: 'grid',
          gridTemplateColumns: {
            xs: 'minmax(0, 1fr)',
            lg: 'minmax(0, 9fr) minmax(0, 5fr)',
          },
          // Where there is one column, what happened comes after what happens.
          gridTemplateAreas: {
            xs: '"waiting" "now" "before"',
            lg: '"waiting now" "before now"',
          },
          gridTemplateRows: { lg: 'auto 1fr' },
          gap: 2,
          alignItems: 'start',
        }}
      >
        <Box sx={{ gridArea: 'waiting' }}>
          <Section
            title={
              dashboard.value && countWaiting(dashboard.value) > 0
                ? t('dashboard.waitingTitle', {
                    count: countWaiting(dashboard.value),
                  })
                : t('dashboard.waiting')
            }
            load={dashboard}
          >
            {({ waitingForMe, proposalsForMe }) => (
              <WaitingList waiting={waitingForMe} proposals={proposalsForMe} />
            )}
          </Section>
        </Box>
        <Box sx={{ gridArea: 'now', display: 'grid', gap: 2 }}>
          <Section
            title={t('dashboard.active')}
            aside={<Link to={paths.runs}>{t('dashboard.allRuns')}</Link>}
            load={dashboard}
          >
            {({ activeRuns }) => <ActiveRuns runs={activeRuns} />}
          </Section>
          <Section title={t('dashboard.environments')} load={dashboard}>
            {({ environments }) => (
              <EnvironmentsGlance environments={environments} />
            )}
          </Section>
        </Box>
        <Box sx={{ gridArea: 'before' }}>
          <Section title={t('dashboard.activity')} load={dashboard}>
            {({ recentActivity }) => <Activity entries={recentActivity} />}
          </Section>
        </Box>
      </Box>
    </>
  );
};
