import Tab from '@mui/material/Tab';
import Tabs from '@mui/material/Tabs';
import ToggleButton from '@mui/material/ToggleButton';
import ToggleButtonGroup from '@mui/material/ToggleButtonGroup';
import { useCallback, useMemo } from 'react';
import { useFilters } from '../../hooks/useFilters';
import { useHub, useHubClient } from '../../hooks/useHub';
import { usePagedList } from '../../hooks/usePagedList';
import { usePolling } from '../../hooks/usePolling';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { EmptyState } from '../EmptyState';
import { FilterBar, FilterSelect } from '../FilterBar';
import { PagedTable } from '../PagedTable';
import { PageTitle } from '../PageTitle';
import { runColumns, waitingColumns } from '../runs/runColumns';

const FILTERS = ['scope', 'environment'] as const;

const VIEW = ['view'] as const;

const POLL_MS = 15_000;

const WaitingQueue = () => {
  const t = useText();
  const hub = useHubClient();
  const { environments } = useHub();
  const to = useDecisionPath();
  const filters = useFilters(FILTERS);
  const { values, set } = filters;
  const scope = values.scope === 'all' ? 'all' : 'mine';

  const list = usePagedList(
    useCallback(
      ({ cursor }, signal) =>
        hub.call('listPendingApprovals', {
          query: { scope, environment: values.environment, cursor },
          signal,
        }),
      [hub, scope, values.environment],
    ),
  );
  usePolling(list.reload, POLL_MS);
  const columns = useMemo(() => waitingColumns({ t, to }), [t, to]);

  return (
    <>
      <FilterBar active={filters.active} onClear={filters.clear}>
        <ToggleButtonGroup
          exclusive
          size="small"
          aria-label={t('approvals.scope')}
          value={scope}
          onChange={(_, next) =>
            set({ scope: next === 'all' ? 'all' : undefined })
          }
        >
          <ToggleButton value="mine">{t('approvals.mine')}</ToggleButton>
          <ToggleButton value="all">{t('approvals.all')}</ToggleButton>
        </ToggleButtonGroup>
        <FilterSelect
          label={t('approvals.environment')}
          options={environments.map(({ name }) => ({
            value: name,
            label: name,
          }))}
          value={values.environment}
          onChange={environment => set({ environment })}
        />
      </FilterBar>
      <PagedTable
        label={t('approvals.waiting')}
        list={list}
        columns={columns}
        keyOf={run => run.id}
        empty={
          <EmptyState
            title={t(
              scope === 'mine' ? 'approvals.emptyMine' : 'approvals.emptyAll',
            )}
          >
            {scope === 'mine' && t('approvals.emptyMineHint')}
          </EmptyState>
        }
      />
    </>
  );
};

const ReadyQueue = () => {
  const t = useText();
  const hub = useHubClient();
  const paths = useHubPaths();
  const list = usePagedList(
    useCallback(
      ({ cursor }, signal) =>
        hub.call('listRuns', {
          query: { status: ['approved', 'queued'], cursor },
          signal,
        }),
      [hub],
    ),
  );
  usePolling(list.reload, POLL_MS);
  const columns = useMemo(
    () => runColumns({ t, to: paths.run }),
    [t, paths.run],
  );
  return (
    <PagedTable
      label={t('approvals.ready')}
      list={list}
      columns={columns}
      keyOf={run => run.id}
      empty={<EmptyState title={t('approvals.emptyReady')} />}
    />
  );
};

/** What waits for approval, and what is approved and waits for execution. */
export const Queues = () => {
  const t = useText();
  const view = useFilters(VIEW);
  const ready = view.values.view === 'ready';
  return (
    <>
      <PageTitle title={t('approvals.title')} />
      <Tabs
        value={ready ? 'ready' : 'waiting'}
        onChange={(_, next) =>
          view.set({ view: next === 'ready' ? 'ready' : undefined })
        }
        aria-label={t('approvals.views')}
        sx={{ marginBottom: 2 }}
      >
        <Tab value="waiting" label={t('approvals.waiting')} />
        <Tab value="ready" label={t('approvals.ready')} />
      </Tabs>
      {ready ? <ReadyQueue /> : <WaitingQueue />}
    </>
  );
};

/** The address of a decision: the queue is behind it on the way back. */
function useDecisionPath(): (id: string) => string {
  const paths = useHubPaths();
  return useCallback(
    id => `${paths.approvals}?run=${encodeURIComponent(id)}`,
    [paths.approvals],
  );
}
