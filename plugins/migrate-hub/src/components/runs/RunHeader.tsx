import { Link } from '@backstage/core-components';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { Run } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { CopyText } from '../CopyText';
import { Duration } from '../Duration';
import { EnvironmentName } from '../EnvironmentName';
import { PageTitle } from '../PageTitle';
import { RelativeTime } from '../RelativeTime';
import { StatusBadge } from '../StatusBadge';
import { RunActions } from './RunActions';
import { RunNotices } from './RunNotices';

interface RunHeaderProps {
  run: Run;
  /** Why nothing can be approved at this moment. */
  unread?: string;
  onChanged: () => void;
}

/** Which run, who asked and why, where it stands, and what may be done. */
export const RunHeader = ({ run, unread, onChanged }: RunHeaderProps) => {
  const t = useText();
  const paths = useHubPaths();
  const { migration, requestedBy, executedBy, reason } = run;
  return (
    <>
      <PageTitle
        name={`${migration.key} ${run.environment}`}
        title={
          <Box
            component="span"
            sx={{
              display: 'inline-flex',
              flexWrap: 'wrap',
              alignItems: 'center',
              columnGap: 1.5,
            }}
          >
            <CopyText text={migration.key} what={t('copy.key')} />
            <EnvironmentName name={run.environment} />
            <StatusBadge status={run.status} />
          </Box>
        }
        subtitle={
          <>
            <Link to={paths.migration(migration.id)}>{migration.name}</Link>
            <span>{t('run.version', { version: String(run.version) })}</span>
            <span>{t(`runType.${run.type}`)}</span>
            <span>
              {t('run.asked', { name: requestedBy.name })}{' '}
              <RelativeTime at={run.createdAt} />
            </span>
            {executedBy && (
              <span>
                {t('run.executedBy', { name: executedBy.name })}{' '}
                {run.startedAt && <RelativeTime at={run.startedAt} />}
              </span>
            )}
            {run.startedAt && (
              <span>
                {t('run.took')}{' '}
                <Duration from={run.startedAt} to={run.finishedAt} />
              </span>
            )}
          </>
        }
      >
        <RunActions run={run} unread={unread} onDone={onChanged} />
      </PageTitle>
      {reason && (
        <Typography
          variant="body2"
          sx={{ marginTop: -1, marginBottom: 2, whiteSpace: 'pre-wrap' }}
        >
          “{reason}”
        </Typography>
      )}
      <RunNotices run={run} />
      {run.itemCounts.unknown > 0 && (
        <Alert severity="warning" sx={{ marginBottom: 2 }}>
          {t('run.needsPerson', { count: run.itemCounts.unknown })}
        </Alert>
      )}
    </>
  );
};
