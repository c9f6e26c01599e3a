import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import LinearProgress from '@mui/material/LinearProgress';
import Typography from '@mui/material/Typography';
import {
  ConnectionTest,
  DbTarget,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback, useEffect, useState } from 'react';
import { useCommand } from '../../hooks/useCommand';
import { useHubClient } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { ErrorNotice } from '../ErrorNotice';
import { RelativeTime } from '../RelativeTime';
import { CheckList, ConnectionResult } from './ConnectionResult';

interface TestDialogProps {
  target: DbTarget;
  /** Test at once, or show what the last test found. */
  start: 'test' | 'last';
  onClose: () => void;
}

/** Tests the connection of a target and shows each check. */
export const TestDialog = ({ target, start, onClose }: TestDialogProps) => {
  const t = useText();
  const hub = useHubClient();
  const [result, setResult] = useState<ConnectionTest>();
  const { id, name, lastTest } = target;
  const { run, busy, error } = useCommand(() =>
    hub.call('testDbTarget', { params: { id } }),
  );
  const test = useCallback(async () => setResult(await run()), [run]);
  useEffect(() => {
    if (start === 'test') test();
  }, [start, test]);

  const title = t('dbTest.title', { name });
  return (
    <Dialog open onClose={onClose} aria-label={title} maxWidth="sm" fullWidth>
      <DialogTitle>{title}</DialogTitle>
      <DialogContent>
        {busy && (
          <>
            <Typography role="status">{t('dbTest.running')}</Typography>
            <LinearProgress aria-label={t('dbTest.running')} />
          </>
        )}
        {error && <ErrorNotice error={error} onRetry={test} />}
        {result && !busy && <ConnectionResult result={result} />}
        {!result && !busy && start === 'last' && lastTest && (
          <>
            <Typography variant="body2">
              {t('dbTest.at')} <RelativeTime at={lastTest.at} />
            </Typography>
            <CheckList checks={lastTest.checks} />
          </>
        )}
      </DialogContent>
      <DialogActions sx={{ padding: 2 }}>
        <Button onClick={test} disabled={busy}>
          {t('dbTest.again')}
        </Button>
        <Button variant="contained" onClick={onClose}>
          {t('dbTest.close')}
        </Button>
      </DialogActions>
    </Dialog>
  );
};
