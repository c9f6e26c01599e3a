import Alert from '@mui/material/Alert';
import AlertTitle from '@mui/material/AlertTitle';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { Migration } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { RelativeTime } from '../RelativeTime';
import { SqlDiff } from '../sql';
import { Draft } from './draft';

interface ConflictViewProps {
  /** What stands on the server now. */
  theirs: Migration;
  /** What was typed. */
  draft: Draft;
  onKeepMine: () => void;
  onTakeTheirs: () => void;
}

/** Somebody else saved meanwhile: both, and the choice. */
export const ConflictView = (props: ConflictViewProps) => {
  const { theirs, draft, onKeepMine, onTakeTheirs } = props;
  const t = useText();
  const version = String(theirs.version);
  const labels = {
    beforeLabel: t('conflict.theirs', { version }),
    afterLabel: t('conflict.yours'),
  };
  const scripts = [
    { title: t('conflict.up'), before: theirs.sqlUp, after: draft.sqlUp },
    {
      title: t('conflict.down'),
      before: theirs.sqlDown ?? '',
      after: draft.sqlDown,
    },
  ].filter(({ before, after }) => before !== after);

  return (
    <Alert
      severity="error"
      sx={{ marginBottom: 2, '& .MuiAlert-message': { width: '100%' } }}
    >
      <AlertTitle>{t('conflict.title')}</AlertTitle>
      {t('conflict.text', { name: theirs.updatedBy.name, version })}{' '}
      <RelativeTime at={theirs.updatedAt} />
      <Facts theirs={theirs} draft={draft} />
      {scripts.length === 0 && <Typography>{t('conflict.sameSql')}</Typography>}
      {scripts.map(({ title, before, after }) => (
        <Box key={title} sx={{ marginTop: 1 }}>
          <Typography component="h3" sx={{ fontWeight: 600 }}>
            {title}
          </Typography>
          <SqlDiff before={before} after={after} {...labels} maxHeight={320} />
        </Box>
      ))}
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, marginTop: 2 }}>
        <Button variant="contained" onClick={onKeepMine}>
          {t('conflict.keepMine', { version })}
        </Button>
        <Button variant="outlined" color="inherit" onClick={onTakeTheirs}>
          {t('conflict.takeTheirs')}
        </Button>
      </Box>
    </Alert>
  );
};

const factNames = ['name', 'jira', 'description', 'transactionMode'] as const;

/** The other fields that differ, theirs and yours. */
function Facts({ theirs, draft }: { theirs: Migration; draft: Draft }) {
  const t = useText();
  const differing = factNames.filter(
    name => (theirs[name] ?? '') !== draft[name].trim(),
  );
  return (
    <Box component="ul" sx={{ marginY: 1, paddingLeft: 2.5 }}>
      {differing.map(name => (
        <li key={name}>
          {t(name === 'transactionMode' ? 'editor.mode' : `editor.${name}`)}
          {': '}
          {t('conflict.fact', {
            theirs: theirs[name] ?? '–',
            yours: draft[name] || '–',
          })}
        </li>
      ))}
    </Box>
  );
}
