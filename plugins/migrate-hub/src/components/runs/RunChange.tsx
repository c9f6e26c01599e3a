import Alert from '@mui/material/Alert';
import AlertTitle from '@mui/material/AlertTitle';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { Run } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { SqlDiff } from '../sql';
import { BindingChange, bindingChanges } from './bindingChanges';

const Change = ({ change }: { change: BindingChange }) => {
  const t = useText();
  switch (change.kind) {
    case 'field':
      return <>{t('run.changedField', change)}</>;
    case 'target':
      return <>{t('run.changedTarget', change)}</>;
    case 'added':
      return <>{t('run.changedTargetAdded', { target: change.target })}</>;
    default:
      return <>{t('run.changedTargetGone', { target: change.target })}</>;
  }
};

interface RunChangeProps {
  before: Run;
  after: Run;
  onRead: () => void;
}

/** The run is not the one that was opened: what changed, before anybody approves it. */
export const RunChange = ({ before, after, onRead }: RunChangeProps) => {
  const t = useText();
  const changes = bindingChanges(before.binding, after.binding);
  return (
    <Alert
      severity="warning"
      sx={{ marginBottom: 2, '& .MuiAlert-message': { width: '100%' } }}
    >
      <AlertTitle>{t('run.changed')}</AlertTitle>
      <Typography variant="body2">{t('run.changedHint')}</Typography>
      <Box component="ul" sx={{ margin: '8px 0', paddingLeft: 3 }}>
        <li>
          {t(before.sql === after.sql ? 'run.changedSame' : 'run.changedSql')}
        </li>
        {changes.map(change => (
          <li key={JSON.stringify(change)}>
            <Change change={change} />
          </li>
        ))}
      </Box>
      {before.sql !== after.sql && (
        <SqlDiff
          before={before.sql}
          after={after.sql}
          beforeLabel={t('run.version', { version: String(before.version) })}
          afterLabel={t('run.version', { version: String(after.version) })}
          engine={after.engine}
        />
      )}
      <Button
        variant="outlined"
        color="inherit"
        size="small"
        onClick={onRead}
        sx={{ marginTop: 1 }}
      >
        {t('run.changedAccept')}
      </Button>
    </Alert>
  );
};
