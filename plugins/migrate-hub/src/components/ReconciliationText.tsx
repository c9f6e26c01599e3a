import { Reconciliation } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Box from '@mui/material/Box';
import { useText } from '../hooks/useText';
import { toneColor } from './tones';

/** Whether a target's own record says what the hub says; nothing where nobody looked yet. */
export const ReconciliationText = ({ of }: { of?: Reconciliation }) => {
  const t = useText();
  if (!of) return <>{t('dbRecord.never')}</>;
  const { lost, foreign, trail, error } = of;
  const parts = [
    lost > 0 && t('dbRecord.lost', { rows: String(lost) }),
    foreign > 0 && t('dbRecord.foreign', { rows: String(foreign) }),
    trail && t('dbRecord.trail'),
    error && t('dbRecord.unreachable'),
  ].filter(Boolean);
  if (parts.length === 0) return <>{t('dbRecord.agrees')}</>;
  return (
    <Box
      component="span"
      sx={{ color: toneColor(lost > 0 || trail ? 'red' : 'amber') }}
    >
      {parts.join(', ')}
    </Box>
  );
};
