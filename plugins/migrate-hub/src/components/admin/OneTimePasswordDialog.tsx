import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import Typography from '@mui/material/Typography';
import {
  OneTimePassword,
  User,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useState } from 'react';
import { useCommand } from '../../hooks/useCommand';
import { useHubClient } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { ConfirmDialog } from '../ConfirmDialog';
import { CopyText } from '../CopyText';
import { RelativeTime } from '../RelativeTime';

interface OneTimePasswordDialogProps {
  user: User;
  onClose: () => void;
}

/** Asks first, because what they had before stops working; then shows the password once. */
export const OneTimePasswordDialog = (props: OneTimePasswordDialogProps) => {
  const { user, onClose } = props;
  const t = useText();
  const hub = useHubClient();
  const { name } = user;
  const [given, setGiven] = useState<OneTimePassword>();
  const give = useCommand(() =>
    hub.call('setOneTimePassword', { params: { id: user.id } }),
  );
  if (!given) {
    return (
      <ConfirmDialog
        open
        title={t('users.passwordTitle', { name })}
        consequence={t('users.passwordWhat')}
        confirm={t('users.passwordConfirm')}
        busy={give.busy}
        error={give.error}
        onConfirm={async () => setGiven(await give.run())}
        onClose={onClose}
      />
    );
  }
  return (
    // Closed by its button only: it cannot be shown again.
    <Dialog open aria-label={t('users.passwordOf', { name })} maxWidth="sm">
      <DialogTitle>{t('users.passwordOf', { name })}</DialogTitle>
      <DialogContent>
        <Box sx={{ fontSize: '1.25rem', marginY: 2 }}>
          <CopyText text={given.password} what={t('users.thePassword')} />
        </Box>
        <Typography variant="body2" gutterBottom>
          {t('users.passwordUntil')} <RelativeTime at={given.expiresAt} />
        </Typography>
        <Alert severity="info">{t('users.passwordOnce')}</Alert>
      </DialogContent>
      <DialogActions sx={{ padding: 2 }}>
        <Button variant="contained" onClick={onClose}>
          {t('users.passwordDone')}
        </Button>
      </DialogActions>
    </Dialog>
  );
};
