import ReportOutlined from '@mui/icons-material/ReportOutlined';
import Schedule from '@mui/icons-material/Schedule';
import Box from '@mui/material/Box';
import Tooltip from '@mui/material/Tooltip';
import { RunSummary } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { ElementType } from 'react';
import { useText } from '../../hooks/useText';
import { momentText } from '../moment';
import { Tone, toneColor } from '../tones';

interface MarkProps {
  tone: Tone;
  Icon: ElementType;
  text: string;
  /** More about it on hover. */
  title: string;
}

const Mark = ({ tone, Icon, text, title }: MarkProps) => (
  <Tooltip title={title}>
    <Box
      component="span"
      sx={{
        color: toneColor(tone),
        display: 'inline-flex',
        alignItems: 'center',
        gap: 0.5,
        fontSize: '0.8125rem',
        fontWeight: 500,
      }}
    >
      <Icon fontSize="inherit" aria-hidden />
      {text}
    </Box>
  </Tooltip>
);

/** Whether two admins let it start against the clock, or one of them asks to. */
export function glassOf({ breakGlass, status }: RunSummary) {
  if (!breakGlass) return undefined;
  if (breakGlass.confirmedBy) return 'broken';
  const ended = ['executed', 'failed', 'canceled', 'denied'].includes(status);
  return ended || Date.parse(breakGlass.endsAt) < Date.now()
    ? 'lapsed'
    : 'asked';
}

/** What sets a run apart from others, wherever it is listed. */
export const RunMarks = ({ run }: { run: RunSummary }) => {
  const t = useText();
  const { breakGlass, scheduledFor, status, startedAt } = run;
  const glass = glassOf(run);
  const waits = scheduledFor && status === 'queued' && !startedAt;
  if (!waits && (!glass || glass === 'lapsed')) return null;
  return (
    <Box sx={{ display: 'flex', flexWrap: 'wrap', columnGap: 1.5 }}>
      {breakGlass && (glass === 'broken' || glass === 'asked') && (
        <Mark
          tone="red"
          Icon={ReportOutlined}
          text={t(glass === 'broken' ? 'glass.mark' : 'glass.markAsked')}
          title={`${breakGlass.requestedBy.name}: “${breakGlass.reason}”`}
        />
      )}
      {waits && (
        <Mark
          tone="blue"
          Icon={Schedule}
          text={t('clock.starts', { at: momentText(scheduledFor) })}
          title={scheduledFor}
        />
      )}
    </Box>
  );
};
