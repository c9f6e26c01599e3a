import Box from '@mui/material/Box';
import Stack from '@mui/material/Stack';
import { Run, RunItem } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { ReactNode, useMemo, useState } from 'react';
import { useHubClient } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { ItemProgress } from '../ItemProgress';
import { Panel } from '../Section';
import { ENDED } from './followRun';
import { ResolveDialog } from './ResolveDialog';
import { RunApprovals } from './RunApprovals';
import { RunBinding } from './RunBinding';
import { RunChange } from './RunChange';
import { RunHeader } from './RunHeader';
import { RunItems } from './RunItems';
import { RunLog } from './RunLog';
import { RunSql } from './RunSql';
import { useRunFeed } from './useRunFeed';
import { useSeenRun } from './useSeenRun';

interface RunViewProps {
  run: Run;
  items: RunItem[];
  /** Something was done or heard: read it again. */
  onChanged: () => void;
}

/** A run: before it starts what would run comes first, then what happens. */
export const RunView = ({ run, items, onChanged }: RunViewProps) => {
  const t = useText();
  const hub = useHubClient();
  const { seen, changed, accept } = useSeenRun(run);
  const [resolving, setResolving] = useState<RunItem>();
  const feed = useRunFeed({
    hub,
    runId: run.id,
    ended: ENDED.includes(run.status),
    onChanged,
  });
  const names = useMemo(
    () => new Map(items.map(({ id, target }) => [id, target.name])),
    [items],
  );
  const started = run.startedAt !== undefined;

  const targets = (
    <Panel
      title={t('runItems.title')}
      aside={
        <Box sx={{ minWidth: 260 }}>
          <ItemProgress counts={run.itemCounts} />
        </Box>
      }
    >
      <RunItems
        items={items}
        onResolve={
          run.allowedActions.includes('resolve') ? setResolving : undefined
        }
      />
    </Panel>
  );
  const log = (
    <Panel title={t('runLog.title')}>
      <RunLog runId={run.id} feed={feed} names={names} started={started} />
    </Panel>
  );
  const sql = (
    <Panel title={t('run.sql')}>
      <RunSql run={changed ? seen : run} />
    </Panel>
  );
  const approval = (
    <Box
      sx={{
        display: 'grid',
        gridTemplateColumns: { xs: '1fr', md: '1fr 1fr' },
        alignItems: 'start',
        gap: 2,
      }}
    >
      <Panel title={t('run.approvals')}>
        <RunApprovals run={run} />
      </Panel>
      <Panel title={t('run.bound')}>
        <RunBinding run={run} />
      </Panel>
    </Box>
  );
  const order: ReactNode[] = started
    ? [targets, log, approval, sql]
    : [approval, sql, targets, log];

  return (
    <>
      <RunHeader
        run={changed ? { ...run, digest: seen.digest } : run}
        unread={changed ? t('run.changedUnread') : undefined}
        onChanged={onChanged}
      />
      {changed && <RunChange before={seen} after={run} onRead={accept} />}
      <Stack spacing={2}>
        {order.map((part, index) => (
          <Box key={index}>{part}</Box>
        ))}
      </Stack>
      {resolving && (
        <ResolveDialog
          run={run}
          item={resolving}
          onDone={() => {
            setResolving(undefined);
            onChanged();
          }}
          onClose={() => setResolving(undefined)}
        />
      )}
    </>
  );
};
