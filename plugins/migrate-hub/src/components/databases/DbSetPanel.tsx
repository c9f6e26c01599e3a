import ExpandMore from '@mui/icons-material/ExpandMore';
import Accordion from '@mui/material/Accordion';
import AccordionDetails from '@mui/material/AccordionDetails';
import AccordionSummary from '@mui/material/AccordionSummary';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { DbSet } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useState } from 'react';
import { useCommand } from '../../hooks/useCommand';
import { useHubClient } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { ActionButton } from '../ActionButton';
import { ConfirmDialog } from '../ConfirmDialog';
import { EnvironmentName } from '../EnvironmentName';
import { toneColor } from '../tones';
import { DbSetDialog } from './DbSetDialog';
import { TargetDialog } from './TargetDialog';
import { TargetTable } from './TargetTable';

const SetTitle = ({ dbSet }: { dbSet: DbSet }) => {
  const t = useText();
  const { name, environment, description, disabled, targetCounts } = dbSet;
  return (
    <Box
      sx={{
        display: 'flex',
        flexWrap: 'wrap',
        alignItems: 'baseline',
        columnGap: 2,
      }}
    >
      <EnvironmentName name={environment} />
      <Typography component="h4" fontWeight={600}>
        {name} {disabled && `(${t('databases.disabled')})`}
      </Typography>
      <Typography variant="body2" color="text.secondary">
        {t('databases.targets', { count: targetCounts.enabled })}
      </Typography>
      {targetCounts.failing > 0 && (
        <Typography variant="body2" sx={{ color: toneColor('red') }}>
          {t('databases.failing', { targets: String(targetCounts.failing) })}
        </Typography>
      )}
      <Typography variant="body2" color="text.secondary">
        {description}
      </Typography>
    </Box>
  );
};

interface DisableDialogProps {
  dbSet: DbSet;
  onDone: () => void;
  onClose: () => void;
}

const DisableDialog = ({ dbSet, onDone, onClose }: DisableDialogProps) => {
  const t = useText();
  const hub = useHubClient();
  const { id, revision, disabled, name } = dbSet;
  const command = useCommand(() =>
    hub.call('updateDbSet', {
      params: { id },
      body: { expectedRevision: revision, disabled: !disabled },
    }),
  );
  const act = disabled ? 'enable' : 'disable';
  return (
    <ConfirmDialog
      open
      title={t(`dbConfirm.${act}Set`, { name })}
      consequence={t(`dbConfirm.${act}SetWhat`)}
      confirm={t(`dbConfirm.${act}Confirm`, { name })}
      color={disabled ? 'primary' : 'error'}
      typeToConfirm={disabled ? undefined : name}
      busy={command.busy}
      error={command.error}
      onConfirm={async () => {
        if (await command.run()) onDone();
      }}
      onClose={onClose}
    />
  );
};

interface DbSetPanelProps {
  dbSet: DbSet;
  shown: 'enabled' | 'all';
  initially: 'open' | 'closed';
  onChanged: () => void;
}

/** A DB set; opened, it loads its targets. */
export const DbSetPanel = (props: DbSetPanelProps) => {
  const { dbSet, shown, initially, onChanged } = props;
  const t = useText();
  const [open, setOpen] = useState(initially === 'open');
  const [asked, setAsked] = useState<'edit' | 'disable' | 'newTarget'>();
  // Rises when the targets are to be read again.
  const [edition, setEdition] = useState(0);
  const done = () => {
    setAsked(undefined);
    setEdition(before => before + 1);
    onChanged();
  };

  return (
    <Accordion
      variant="outlined"
      disableGutters
      expanded={open}
      onChange={(_, next) => setOpen(next)}
      TransitionProps={{ unmountOnExit: true }}
    >
      <AccordionSummary expandIcon={<ExpandMore />}>
        <SetTitle dbSet={dbSet} />
      </AccordionSummary>
      <AccordionDetails>
        <Box
          sx={{
            display: 'flex',
            flexWrap: 'wrap',
            justifyContent: 'flex-end',
            gap: 1,
            marginTop: -1,
          }}
        >
          <ActionButton
            action="createDbTarget"
            of={dbSet}
            size="small"
            variant="outlined"
            reason="tooltip"
            onClick={() => setAsked('newTarget')}
          >
            {t('databases.newTarget')}
          </ActionButton>
          <ActionButton
            action="edit"
            of={dbSet}
            size="small"
            reason="tooltip"
            onClick={() => setAsked('edit')}
          >
            {t('databases.edit')}
          </ActionButton>
          <ActionButton
            action="disable"
            of={dbSet}
            size="small"
            reason="tooltip"
            onClick={() => setAsked('disable')}
          >
            {t(dbSet.disabled ? 'databases.enable' : 'databases.disable')}
          </ActionButton>
        </Box>
        <TargetTable
          dbSet={dbSet}
          shown={shown}
          edition={edition}
          onChanged={done}
        />
      </AccordionDetails>
      {asked === 'edit' && (
        <DbSetDialog
          project={dbSet.project}
          dbSet={dbSet}
          onSaved={done}
          onClose={() => setAsked(undefined)}
        />
      )}
      {asked === 'newTarget' && (
        <TargetDialog
          dbSet={dbSet}
          onSaved={done}
          onClose={() => setAsked(undefined)}
        />
      )}
      {asked === 'disable' && (
        <DisableDialog
          dbSet={dbSet}
          onDone={done}
          onClose={() => setAsked(undefined)}
        />
      )}
    </Accordion>
  );
};
