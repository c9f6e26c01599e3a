import { Link } from '@backstage/core-components';
import { useEntity } from '@backstage/plugin-catalog-react';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { RunSummary } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback } from 'react';
import { useHub, useHubClient } from '../../hooks/useHub';
import { useLoad } from '../../hooks/useLoad';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { EnvironmentName } from '../EnvironmentName';
import { HubTheme } from '../HubTheme';
import { RelativeTime } from '../RelativeTime';
import { Loaded, Panel } from '../Section';
import { StatusBadge } from '../StatusBadge';
import { projectOf } from './projectOf';
import { WithHub } from './WithHub';

const SHOWN = 5;

/** The overview card of an entity: what is pending in each environment. */
export const EntityMigrationsCard = () => {
  const t = useText();
  const paths = useHubPaths();
  const client = useHubClient();
  const project = projectOf(useEntity().entity) ?? '';
  const pending = useLoad(
    useCallback(
      (signal: AbortSignal) =>
        client.call('listRuns', {
          query: {
            project,
            status: ['awaiting_approval', 'approved', 'queued', 'running'],
            limit: 100,
          },
          signal,
        }),
      [client, project],
    ),
  );
  return (
    <HubTheme>
      <Panel
        title={t('catalog.title')}
        aside={
          <Link
            to={`${paths.migrations}?project=${encodeURIComponent(project)}`}
          >
            {t('catalog.all', { project })}
          </Link>
        }
        busy={pending.loading}
      >
        <WithHub>
          <Loaded load={pending}>
            {({ items }) => <PendingRuns runs={items} />}
          </Loaded>
        </WithHub>
      </Panel>
    </HubTheme>
  );
};

function PendingRuns({ runs }: { runs: RunSummary[] }) {
  const { environments } = useHub();
  return (
    <Box
      component="dl"
      sx={{
        display: 'grid',
        gridTemplateColumns: 'max-content 1fr',
        columnGap: 2,
        rowGap: 1.5,
        margin: 0,
        '& dd': { margin: 0 },
      }}
    >
      {environments.map(({ name }) => (
        <PendingIn
          key={name}
          environment={name}
          runs={runs.filter(({ environment }) => environment === name)}
        />
      ))}
    </Box>
  );
}

interface PendingInProps {
  environment: string;
  runs: RunSummary[];
}

function PendingIn({ environment, runs }: PendingInProps) {
  const t = useText();
  const paths = useHubPaths();
  return (
    <Box sx={{ display: 'contents' }}>
      <dt>
        <EnvironmentName name={environment} />
      </dt>
      <dd>
        {runs.length === 0 && (
          <Typography variant="body2" color="text.secondary">
            {t('catalog.nothingPending')}
          </Typography>
        )}
        {runs.slice(0, SHOWN).map(run => (
          <Box key={run.id} sx={{ marginBottom: 0.5 }}>
            <Link to={paths.run(run.id)}>
              <code>{run.migration.key}</code>
            </Link>
            <Typography variant="body2" color="text.secondary" component="div">
              <StatusBadge status={run.status} variant="text" />{' '}
              <RelativeTime at={run.createdAt} />
            </Typography>
          </Box>
        ))}
        {runs.length > SHOWN && (
          <Link
            to={`${paths.runs}?project=${encodeURIComponent(
              runs[0].migration.project,
            )}&environment=${environment}`}
          >
            {t('request.more', { rest: String(runs.length - SHOWN) })}
          </Link>
        )}
      </dd>
    </Box>
  );
}
