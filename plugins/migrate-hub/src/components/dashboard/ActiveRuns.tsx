import { Link } from '@backstage/core-components';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { RunSummary } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { Duration } from '../Duration';
import { EnvironmentName } from '../EnvironmentName';
import { ItemProgress } from '../ItemProgress';
import { RunMarks } from '../runs/RunMarks';
import { StatusBadge } from '../StatusBadge';

/** What is being executed, how far it is and since when. */
export const ActiveRuns = ({ runs }: { runs: RunSummary[] }) => {
  const t = useText();
  const paths = useHubPaths();
  if (runs.length === 0) {
    return (
      <Typography color="text.secondary">
        {t('dashboard.activeEmpty')}
      </Typography>
    );
  }
  return (
    <Box component="ul" sx={{ listStyle: 'none', margin: 0, padding: 0 }}>
      {runs.map(run => (
        <Box component="li" key={run.id} sx={{ paddingY: 1 }}>
          <Box
            sx={{
              display: 'flex',
              flexWrap: 'wrap',
              gap: 1,
              alignItems: 'center',
            }}
          >
            <Link to={paths.run(run.id)}>
              <code>{run.migration.key}</code>
            </Link>
            <EnvironmentName name={run.environment} />
            <StatusBadge status={run.status} variant="text" />
            <RunMarks run={run} />
            {run.type === 'rollback' && <span>{t('runType.rollback')}</span>}
            <Typography
              variant="body2"
              color="text.secondary"
              sx={{ marginLeft: 'auto' }}
            >
              <Duration from={run.startedAt} />
            </Typography>
          </Box>
          <ItemProgress counts={run.itemCounts} />
        </Box>
      ))}
    </Box>
  );
};
