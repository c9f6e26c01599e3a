import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { keyframes } from '@mui/material/styles';
import { ItemCounts } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../hooks/useText';
import { Tone, toneColor } from './tones';

const breathe = keyframes`50% { opacity: 0.2; }`;

/** The parts of the bar, in the order in which they stand. */
const parts = (counts: ItemCounts): [Tone, number][] => [
  ['green', counts.executed],
  ['grey', counts.skipped + counts.canceled],
  // What is unknown is counted among the failed.
  ['red', Math.max(0, counts.failed - counts.unknown)],
  ['purple', counts.unknown],
  ['blue', counts.running],
];

/** "31 of 44 · 1 failed · 2 unknown" over a bar in the colours of the statuses. */
export const ItemProgress = ({ counts }: { counts: ItemCounts }) => {
  const t = useText();
  const done = counts.executed + counts.skipped;
  const failed = counts.failed - counts.unknown;
  return (
    <Box sx={{ minWidth: 120 }}>
      <Typography variant="body2" component="div">
        {t('progress.done', {
          done: String(done),
          total: String(counts.total),
        })}
        {failed > 0 && (
          <Box component="span" sx={{ color: toneColor('red') }}>
            {` · ${t('progress.failed', { targets: String(failed) })}`}
          </Box>
        )}
        {counts.running > 0 && (
          <Box component="span" sx={{ color: toneColor('blue') }}>
            {` · ${t('progress.running', { targets: String(counts.running) })}`}
          </Box>
        )}
        {counts.unknown > 0 && (
          <Box component="span" sx={{ color: toneColor('purple') }}>
            {` · ${t('progress.unknown', { targets: String(counts.unknown) })}`}
          </Box>
        )}
      </Typography>
      <Box
        role="progressbar"
        aria-label={t('progress.label')}
        aria-valuenow={done}
        aria-valuemin={0}
        aria-valuemax={counts.total}
        sx={{
          display: 'flex',
          height: 6,
          borderRadius: 3,
          overflow: 'hidden',
          backgroundColor: 'action.selected',
          marginTop: 0.5,
        }}
      >
        {parts(counts).map(([tone, count]) => (
          <Box
            key={tone}
            sx={{
              width: `${(100 * count) / Math.max(1, counts.total)}%`,
              backgroundColor: toneColor(tone),
              transition: 'width 300ms',
              // Not done yet: it must not look like the part that is.
              ...(tone === 'blue' && {
                opacity: 0.5,
                animation: `${breathe} 1.6s ease-in-out infinite`,
                '@media (prefers-reduced-motion: reduce)': {
                  animation: 'none',
                },
              }),
            }}
          />
        ))}
      </Box>
    </Box>
  );
};
