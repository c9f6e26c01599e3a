import { Link } from '@backstage/core-components';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import {
  Run,
  RunSummary,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback } from 'react';
import { useHub, useHubClient } from '../../hooks/useHub';
import { useLoad } from '../../hooks/useLoad';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { Duration } from '../Duration';
import { EnvironmentName } from '../EnvironmentName';
import { ItemProgress } from '../ItemProgress';
import { RelativeTime } from '../RelativeTime';
import { Loaded } from '../Section';
import { StatusBadge } from '../StatusBadge';

/** The last runs are enough to see how it went. */
const MOST = 20;

const EarlierRun = ({ run }: { run: RunSummary }) => {
  const t = useText();
  const paths = useHubPaths();
  return (
    <Box
      component="li"
      sx={{
        display: 'grid',
        gridTemplateColumns: {
          xs: '80px 120px minmax(0, 1fr)',
          lg: '80px 120px 160px 90px 90px minmax(0, 1fr)',
        },
        alignItems: 'center',
        columnGap: 1.5,
        paddingY: 0.5,
        fontSize: '0.875rem',
      }}
    >
      <EnvironmentName name={run.environment} />
      <StatusBadge status={run.status} variant="text" />
      <ItemProgress counts={run.itemCounts} />
      <span>
        <Duration from={run.startedAt} to={run.finishedAt} />
      </span>
      <span>{t('run.version', { version: String(run.version) })}</span>
      <Link to={paths.run(run.id)}>
        {t(`runType.${run.type}`)}{' '}
        <RelativeTime at={run.finishedAt ?? run.createdAt} />
      </Link>
    </Box>
  );
};

/** How this migration went in the environments so far. */
export const EarlierRuns = ({ run }: { run: Run }) => {
  const t = useText();
  const hub = useHubClient();
  const { environments } = useHub();
  const migration = run.migration.id;
  const load = useLoad(
    useCallback(
      signal =>
        hub.call('listRuns', {
          query: {
            migration,
            status: ['executed', 'failed', 'canceled', 'running'],
            limit: MOST,
          },
          signal,
        }),
      [hub, migration],
    ),
  );
  const order = environments.map(({ name }) => name);
  return (
    <Loaded load={load}>
      {({ items }) => {
        const others = items
          .filter(({ id, startedAt }) => id !== run.id && startedAt)
          .sort(
            (one, other) =>
              order.indexOf(one.environment) - order.indexOf(other.environment),
          );
        if (others.length === 0) {
          return (
            <Typography variant="body2">
              {t('approvals.elsewhereNone')}
            </Typography>
          );
        }
        return (
          <Box component="ul" sx={{ listStyle: 'none', margin: 0, padding: 0 }}>
            {others.map(other => (
              <EarlierRun key={other.id} run={other} />
            ))}
          </Box>
        );
      }}
    </Loaded>
  );
};
