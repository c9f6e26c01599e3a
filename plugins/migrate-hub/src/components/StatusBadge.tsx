import { useTranslationRef } from '@backstage/frontend-plugin-api';
import CancelOutlined from '@mui/icons-material/CancelOutlined';
import Check from '@mui/icons-material/Check';
import DoNotDisturbOn from '@mui/icons-material/DoNotDisturbOn';
import DoneAll from '@mui/icons-material/DoneAll';
import EditOutlined from '@mui/icons-material/EditOutlined';
import HourglassEmpty from '@mui/icons-material/HourglassEmpty';
import PublishedWithChanges from '@mui/icons-material/PublishedWithChanges';
import Schedule from '@mui/icons-material/Schedule';
import Sync from '@mui/icons-material/Sync';
import Undo from '@mui/icons-material/Undo';
import Box from '@mui/material/Box';
import {
  EnvironmentState,
  RunStatus,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { ElementType } from 'react';
import { migrateHubTranslationRef } from '../translation';

export type Status = EnvironmentState | RunStatus;

/** One colour and one icon for each, the same everywhere, never colour alone. */
const looks: Record<Status, { color: string; Icon: ElementType }> = {
  draft: { color: 'text.secondary', Icon: EditOutlined },
  awaiting_approve: { color: 'warning.main', Icon: HourglassEmpty },
  awaiting_approval: { color: 'warning.main', Icon: HourglassEmpty },
  needs_reapproval: { color: 'warning.main', Icon: PublishedWithChanges },
  approved: { color: 'info.main', Icon: Check },
  queued: { color: 'info.main', Icon: Schedule },
  running: { color: 'info.main', Icon: Sync },
  executed: { color: 'success.main', Icon: DoneAll },
  rollbacked: { color: 'text.secondary', Icon: Undo },
  failed: { color: 'error.main', Icon: CancelOutlined },
  denied: { color: 'text.secondary', Icon: DoNotDisturbOn },
  canceled: { color: 'text.secondary', Icon: DoNotDisturbOn },
};

const isStatus = (text: string): text is Status => text in looks;

interface StatusBadgeProps {
  /** A status of a run, or the state of a migration without its environment. */
  status: string;
}

export const StatusBadge = ({ status }: StatusBadgeProps) => {
  const { t } = useTranslationRef(migrateHubTranslationRef);
  // A newer server may know states that this page does not.
  if (!isStatus(status)) return <>{status}</>;
  const { color, Icon } = looks[status];
  return (
    <Box
      component="span"
      sx={{
        color,
        display: 'inline-flex',
        alignItems: 'center',
        gap: 0.5,
        whiteSpace: 'nowrap',
      }}
    >
      <Icon fontSize="inherit" aria-hidden />
      {t(`state.${status}`)}
    </Box>
  );
};
