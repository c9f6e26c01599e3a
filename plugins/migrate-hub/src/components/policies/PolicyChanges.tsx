import Box from '@mui/material/Box';
import { PolicyChange } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { toneColor } from '../tones';

/** Rules that differ, each with what that comes to. */
export const PolicyChanges = ({ changes }: { changes: PolicyChange[] }) => {
  const t = useText();
  return (
    <Box
      component="ul"
      sx={{ margin: 0, paddingLeft: 2.5, fontSize: '0.875rem' }}
    >
      {changes.map(({ field, effect, text }) => (
        <li key={field}>
          <Box
            component="b"
            sx={{ color: toneColor(effect === 'weaker' ? 'red' : 'green') }}
          >
            {t(`policy.${effect}`)}
          </Box>
          {`: ${text}`}
        </li>
      ))}
    </Box>
  );
};
