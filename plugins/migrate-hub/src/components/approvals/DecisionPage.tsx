import { Link } from '@backstage/core-components';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import { Run, RunItem } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useHubClient } from '../../hooks/useHub';
import { usePolling } from '../../hooks/usePolling';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { EnvironmentName } from '../EnvironmentName';
import { PageTitle } from '../PageTitle';
import { RelativeTime } from '../RelativeTime';
import { RunActions } from '../runs/RunActions';
import { RunApprovals } from '../runs/RunApprovals';
import { RunBinding } from '../runs/RunBinding';
import { RunChange } from '../runs/RunChange';
import { RunItems } from '../runs/RunItems';
import { RunNotices } from '../runs/RunNotices';
import { RunSql } from '../runs/RunSql';
import { useRun } from '../runs/useRun';
import { useSeenRun } from '../runs/useSeenRun';
import { Loaded, Panel } from '../Section';
import { PageSkeleton } from '../Skeletons';
import { Mono } from '../CopyText';
import { StatusBadge } from '../StatusBadge';
import { DownScript } from './DownScript';
import { EarlierVersion } from './EarlierVersion';
import { EarlierRuns } from './EarlierRuns';

/** A change of the run while somebody reads is noticed so soon. */
const POLL_MS = 5000;

interface DecisionProps {
  run: Run;
  items: RunItem[];
  onChanged: () => void;
}

const Decision = ({ run, items, onChanged }: DecisionProps) => {
  const t = useText();
  const paths = useHubPaths();
  const { seen, changed, accept } = useSeenRun(run);
  const shown = changed ? seen : run;
  const waits = run.status === 'awaiting_approval';
  return (
    <>
      <PageTitle
        name={`${run.migration.key} ${run.environment}`}
        title={
          <>
            <Mono>{run.migration.key}</Mono>{' '}
            <EnvironmentName name={run.environment} />
          </>
        }
        subtitle={
          <>
            <StatusBadge status={run.status} />
            <span>{t('run.version', { version: String(run.version) })}</span>
            <span>{t(`runType.${run.type}`)}</span>
            <span>
              {t('run.asked', { name: run.requestedBy.name })}{' '}
              <RelativeTime at={run.createdAt} />
            </span>
            {run.reason && <span>“{run.reason}”</span>}
            <Link to={paths.run(run.id)}>{t('approvals.openRun')}</Link>
          </>
        }
      />
      {!waits && (
        <Alert severity="info" sx={{ marginBottom: 2 }}>
          {t('approvals.gone')}
        </Alert>
      )}
      <RunNotices run={run} />
      {changed && <RunChange before={seen} after={run} onRead={accept} />}
      <Stack spacing={2}>
        <Panel title={t('approvals.where')}>
          <RunItems items={items} />
        </Panel>
        <Panel title={t('approvals.what')}>
          <RunSql run={shown} />
        </Panel>
        <Panel title={t('approvals.difference')}>
          <EarlierVersion run={shown} />
        </Panel>
        <Panel title={t('approvals.elsewhere')}>
          <EarlierRuns run={run} />
        </Panel>
        <Panel title={t('approvals.undo')}>
          <DownScript run={shown} />
        </Panel>
        <Panel title={t('run.bound')}>
          <RunBinding run={shown} />
        </Panel>
        <Panel title={t('approvals.decide')}>
          <RunApprovals run={run} />
          <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, marginTop: 2 }}>
            <RunActions
              run={changed ? { ...run, digest: seen.digest } : run}
              only={['approve', 'deny']}
              unread={changed ? t('run.changedUnread') : undefined}
              onDone={onChanged}
            />
          </Box>
        </Panel>
      </Stack>
    </>
  );
};

interface DecisionPageProps {
  id: string;
  onBack: () => void;
}

/** Everything that a decision needs, in the order in which it is asked. */
export const DecisionPage = ({ id, onBack }: DecisionPageProps) => {
  const t = useText();
  const load = useRun(useHubClient(), id);
  usePolling(load.reload, POLL_MS);
  return (
    <>
      <Button size="small" onClick={onBack} sx={{ marginBottom: 1 }}>
        {t('approvals.back')}
      </Button>
      <Loaded load={load} skeleton={<PageSkeleton />}>
        {({ run, items }) => (
          <Decision run={run} items={items} onChanged={load.reload} />
        )}
      </Loaded>
    </>
  );
};
