import { Link } from '@backstage/core-components';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { Dashboard } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { clamped } from '../clamped';
import { EmptyState } from '../EmptyState';
import { RelativeTime } from '../RelativeTime';

type Entry = Dashboard['recentActivity'][number];

/** Who did what to which migration where, newest first. */
export const Activity = ({ entries }: { entries: Entry[] }) => {
  const t = useText();
  const paths = useHubPaths();
  if (entries.length === 0) {
    return (
      <EmptyState title={t('dashboard.activityEmpty')}>
        {t('dashboard.activityEmptyHelp')}
      </EmptyState>
    );
  }
  const addressOf = ({ run, migration }: Entry) =>
    run
      ? paths.run(run)
      : `${paths.migrations}?q=${encodeURIComponent(migration ?? '')}`;

  return (
    <Box component="ol" sx={{ listStyle: 'none', margin: 0, padding: 0 }}>
      {entries.map((entry, index) => (
        <Box
          component="li"
          key={`${entry.at} ${index}`}
          sx={{
            display: 'grid',
            gridTemplateColumns: {
              xs: '1fr',
              sm: '8rem minmax(0, 1fr) max-content',
            },
            columnGap: 1.5,
            paddingY: 0.75,
            borderTop: 1,
            borderColor: 'divider',
            '&:first-of-type': { borderTop: 0 },
          }}
        >
          <Typography variant="body2" color="text.secondary" noWrap>
            {entry.actor?.name ?? t('history.someone')}
          </Typography>
          <Typography
            variant="body2"
            sx={{ ...clamped, overflowWrap: 'anywhere' }}
          >
            {entry.migration && (
              <>
                <Link to={addressOf(entry)}>
                  <code>{entry.migration}</code>
                </Link>{' '}
              </>
            )}
            {entry.summary}
          </Typography>
          <Typography variant="body2" color="text.secondary" noWrap>
            <RelativeTime at={entry.at} />
          </Typography>
        </Box>
      ))}
    </Box>
  );
};
