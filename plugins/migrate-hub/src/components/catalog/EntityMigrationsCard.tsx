import { Link } from '@backstage/core-components';
import { useEntity } from '@backstage/plugin-catalog-react';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import {
  Environment,
  RunSummary,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback } from 'react';
import { useHubClient } from '../../hooks/useHub';
import { useLoad } from '../../hooks/useLoad';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { EnvironmentName } from '../EnvironmentName';
import { HubTheme } from '../HubTheme';
import { RelativeTime } from '../RelativeTime';
import { Section } from '../Section';
import { StatusBadge } from '../StatusBadge';
import { projectOf } from './projectOf';

const SHOWN = 5;

/** The overview card of an entity: what is pending in each environment. */
export const EntityMigrationsCard = () => {
  const t = useText();
  const paths = useHubPaths();
  const client = useHubClient();
  const project = projectOf(useEntity().entity) ?? '';
  const pending = useLoad(
    useCallback(
      async (signal: AbortSignal) => {
        const [environments, runs] = await Promise.all([
          client.call('listEnvironments', { signal }),
          client.call('listRuns', {
            query: {
              project,
              status: ['awaiting_approval', 'approved', 'queued', 'running'],
              limit: 100,
            },
            signal,
          }),
        ]);
        return { environments, runs: runs.items };
      },
      [client, project],
    ),
  );
  return (
    <HubTheme>
      <Section
        title={t('catalog.title')}
        aside={
          <Link
            to={`${paths.migrations}?project=${encodeURIComponent(project)}`}
          >
            {t('catalog.all', { project })}
          </Link>
        }
        load={pending}
      >
        {({ environments, runs }) => (
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
            {environments.map(environment => (
              <PendingIn
                key={environment.name}
                environment={environment}
                runs={runs.filter(run => run.environment === environment.name)}
              />
            ))}
          </Box>
        )}
      </Section>
    </HubTheme>
  );
};

interface PendingInProps {
  environment: Environment;
  runs: RunSummary[];
}

function PendingIn({ environment, runs }: PendingInProps) {
  const t = useText();
  const paths = useHubPaths();
  return (
    <Box sx={{ display: 'contents' }}>
      <dt>
        <EnvironmentName name={environment.name} />
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
            )}&environment=${environment.name}`}
          >
            {t('request.more', { rest: String(runs.length - SHOWN) })}
          </Link>
        )}
      </dd>
    </Box>
  );
}
