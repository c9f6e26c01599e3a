import Alert from '@mui/material/Alert';
import AlertTitle from '@mui/material/AlertTitle';
import Box from '@mui/material/Box';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { EnvironmentSettings } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useState } from 'react';
import { useCommand } from '../../hooks/useCommand';
import { useHub, useHubClient } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { ActionButton } from '../ActionButton';
import { ConfirmDialog } from '../ConfirmDialog';
import { errorCode } from '../ErrorNotice';
import { RelativeTime } from '../RelativeTime';
import { PolicyChanges } from './PolicyChanges';

interface PolicyProposalProps {
  settings: EnvironmentSettings;
  onChanged: () => void;
}

/** A weaker policy that waits, and what may be done with it. */
export const PolicyProposal = (props: PolicyProposalProps) => {
  const { settings, onChanged } = props;
  const { name, proposal, revision } = settings;
  const t = useText();
  const hub = useHubClient();
  const { me } = useHub();
  const [asked, setAsked] = useState<'confirm' | 'reject'>();
  const command = useCommand((decision: 'confirm' | 'reject') =>
    hub.call('decideEnvironmentProposal', {
      params: { name },
      body: { decision, expectedRevision: revision },
    }),
  );
  if (!proposal) return null;
  const mine = proposal.proposedBy.id === me.user.id;
  const reject = t(mine ? 'proposal.takeBack' : 'proposal.reject');
  const titles = {
    confirm: t('proposal.confirmTitle', { name }),
    reject: t(mine ? 'proposal.takeBackTitle' : 'proposal.rejectTitle', {
      name,
    }),
  };

  return (
    <Alert severity="warning" variant="outlined">
      <AlertTitle>{t('proposal.title')}</AlertTitle>
      <Stack spacing={1}>
        <Typography variant="body2">
          {t('proposal.by', { name: proposal.proposedBy.name })}{' '}
          <RelativeTime at={proposal.proposedAt} />
          {proposal.reason && ` · “${proposal.reason}”`}
        </Typography>
        <PolicyChanges changes={proposal.changes} />
        <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, paddingTop: 1 }}>
          <ActionButton
            action="confirmProposal"
            of={settings}
            variant="contained"
            onClick={() => setAsked('confirm')}
          >
            {t('proposal.confirm', { name })}
          </ActionButton>
          <ActionButton
            action="rejectProposal"
            of={settings}
            variant="outlined"
            color="inherit"
            onClick={() => setAsked('reject')}
          >
            {reject}
          </ActionButton>
        </Box>
      </Stack>
      {asked && (
        <ConfirmDialog
          open
          title={titles[asked]}
          consequence={
            asked === 'confirm' ? (
              <>
                <PolicyChanges changes={proposal.changes} />
                <p>{t('proposal.confirmWhat')}</p>
              </>
            ) : (
              t('proposal.rejectWhat')
            )
          }
          confirm={
            asked === 'confirm' ? t('proposal.confirm', { name }) : reject
          }
          typeToConfirm={asked === 'confirm' ? name : undefined}
          busy={command.busy}
          error={command.error}
          onConfirm={async () => {
            if (!(await command.run(asked))) return;
            setAsked(undefined);
            onChanged();
          }}
          onClose={() => {
            setAsked(undefined);
            if (errorCode(command.error) === 'STALE_REVISION') onChanged();
            command.reset();
          }}
        />
      )}
    </Alert>
  );
};
