import CancelOutlined from '@mui/icons-material/CancelOutlined';
import Check from '@mui/icons-material/Check';
import DoNotDisturbOn from '@mui/icons-material/DoNotDisturbOn';
import DoneAll from '@mui/icons-material/DoneAll';
import EditOutlined from '@mui/icons-material/EditOutlined';
import HelpOutline from '@mui/icons-material/HelpOutline';
import HourglassEmpty from '@mui/icons-material/HourglassEmpty';
import PublishedWithChanges from '@mui/icons-material/PublishedWithChanges';
import RuleOutlined from '@mui/icons-material/RuleOutlined';
import Schedule from '@mui/icons-material/Schedule';
import SkipNext from '@mui/icons-material/SkipNext';
import Sync from '@mui/icons-material/Sync';
import Undo from '@mui/icons-material/Undo';
import Box from '@mui/material/Box';
import { keyframes } from '@mui/material/styles';
import {
  EnvironmentState,
  ItemStatus,
  Outcome,
  RunStatus,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { ElementType } from 'react';
import { useText } from '../hooks/useText';
import { Tone, toneColor } from './tones';

export type Status = EnvironmentState | RunStatus | ItemStatus | Outcome;

/** One colour and one icon for each, the same everywhere, never colour alone. */
const looks: Record<Status, { tone: Tone; Icon: ElementType }> = {
  draft: { tone: 'grey', Icon: EditOutlined },
  awaiting_approve: { tone: 'amber', Icon: HourglassEmpty },
  awaiting_approval: { tone: 'amber', Icon: HourglassEmpty },
  needs_reapproval: { tone: 'amber', Icon: PublishedWithChanges },
  approved: { tone: 'blue', Icon: Check },
  queued: { tone: 'blue', Icon: Schedule },
  running: { tone: 'blue', Icon: Sync },
  executed: { tone: 'green', Icon: DoneAll },
  applied: { tone: 'green', Icon: DoneAll },
  rollbacked: { tone: 'grey', Icon: Undo },
  skipped: { tone: 'grey', Icon: SkipNext },
  not_applied: { tone: 'grey', Icon: DoNotDisturbOn },
  failed: { tone: 'red', Icon: CancelOutlined },
  partially_applied: { tone: 'red', Icon: RuleOutlined },
  unknown: { tone: 'purple', Icon: HelpOutline },
  denied: { tone: 'grey', Icon: DoNotDisturbOn },
  canceled: { tone: 'grey', Icon: DoNotDisturbOn },
};

const isStatus = (text: string): text is Status => text in looks;

/** The tone of a status, for what stands beside its badge. */
export const statusTone = (status: string): Tone =>
  isStatus(status) ? looks[status].tone : 'grey';

/** `executed_prd` without its environment: `executed`. */
export const stateWithout = (state: string, environment: string): string =>
  state.endsWith(`_${environment}`)
    ? state.slice(0, -environment.length - 1)
    : state;

const turn = keyframes`to { transform: rotate(-360deg); }`;

interface StatusBadgeProps {
  /** A status of a run or item, an outcome, or the state of a migration without its environment. */
  status: string;
  /** `badge`: a pill, the default. `text`: icon and word within a line. `icon`: the word is for screen readers only. */
  variant?: 'badge' | 'text' | 'icon';
}

export const StatusBadge = ({
  status,
  variant = 'badge',
}: StatusBadgeProps) => {
  const t = useText();
  // A newer server may know states that this page does not.
  if (!isStatus(status)) return <>{status}</>;
  const { tone, Icon } = looks[status];
  const label = t(`state.${status}`);
  return (
    <Box
      component="span"
      title={variant === 'icon' ? label : undefined}
      sx={theme => ({
        color: toneColor(tone)(theme),
        display: 'inline-flex',
        // The hidden word must not widen what scrolls around it.
        position: 'relative',
        alignItems: 'center',
        gap: 0.5,
        whiteSpace: 'nowrap',
        lineHeight: 1.5,
        ...(variant === 'badge' && {
          border: '1px solid currentColor',
          borderRadius: 4,
          fontSize: '0.8125rem',
          fontWeight: 500,
          paddingX: 1,
          paddingY: '1px',
        }),
      })}
    >
      <Icon
        fontSize="inherit"
        aria-hidden
        sx={
          status === 'running'
            ? {
                animation: `${turn} 2s linear infinite`,
                '@media (prefers-reduced-motion: reduce)': {
                  animation: 'none',
                },
              }
            : undefined
        }
      />
      {variant === 'icon' ? <VisuallyHidden>{label}</VisuallyHidden> : label}
    </Box>
  );
};

function VisuallyHidden({ children }: { children: string }) {
  return (
    <Box
      component="span"
      sx={{
        position: 'absolute',
        width: 1,
        height: 1,
        overflow: 'hidden',
        clipPath: 'inset(50%)',
        whiteSpace: 'nowrap',
      }}
    >
      {children}
    </Box>
  );
}
