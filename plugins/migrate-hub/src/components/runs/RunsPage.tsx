import {
  RunStatus,
  RunType,
  runStatusSchema,
  runTypeSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback, useMemo } from 'react';
import { useFilters } from '../../hooks/useFilters';
import { useHub, useHubClient } from '../../hooks/useHub';
import { usePagedList } from '../../hooks/usePagedList';
import { usePolling } from '../../hooks/usePolling';
import { useProjectOptions } from '../../hooks/useProjectOptions';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { EmptyState } from '../EmptyState';
import {
  FilterBar,
  FilterSelect,
  FilterSeveral,
  FilterText,
} from '../FilterBar';
import { PagedTable } from '../PagedTable';
import { PageTitle } from '../PageTitle';
import { runColumns } from './runColumns';

const FILTERS = [
  'status',
  'environment',
  'project',
  'type',
  'requestedBy',
] as const;

/** While something on the page is under way. */
const POLL_MS = 5000;
const OPEN: readonly RunStatus[] = ['queued', 'running'];

const isStatus = (text: string): text is RunStatus =>
  runStatusSchema.safeParse(text).success;
const isType = (text: string | undefined): text is RunType =>
  runTypeSchema.safeParse(text).success;

/** What ran, where, how did it end? */
export const RunsPage = () => {
  const t = useText();
  const hub = useHubClient();
  const { environments } = useHub();
  const paths = useHubPaths();
  const projects = useProjectOptions();
  const filters = useFilters(FILTERS);
  const { values, several, set } = filters;

  const list = usePagedList(
    useCallback(
      ({ cursor }, signal) =>
        hub.call('listRuns', {
          query: {
            status: several('status').filter(isStatus),
            environment: values.environment,
            project: values.project,
            type: isType(values.type) ? values.type : undefined,
            requestedBy: values.requestedBy,
            cursor,
          },
          signal,
        }),
      [hub, several, values],
    ),
  );
  const moving = list.value?.items.some(run => OPEN.includes(run.status));
  usePolling(list.reload, moving ? POLL_MS : undefined);

  const columns = useMemo(
    () => runColumns({ t, to: paths.run }),
    [t, paths.run],
  );
  return (
    <>
      <PageTitle title={t('runList.title')} />
      <FilterBar active={filters.active} onClear={filters.clear}>
        <FilterSeveral
          label={t('runList.status')}
          options={runStatusSchema.options.map(status => ({
            value: status,
            label: t(`state.${status}`),
          }))}
          values={several('status')}
          onChange={status => set({ status })}
        />
        <FilterSelect
          label={t('runList.environment')}
          options={environments.map(({ name }) => ({
            value: name,
            label: name,
          }))}
          value={values.environment}
          onChange={environment => set({ environment })}
        />
        <FilterSelect
          label={t('runList.project')}
          options={projects}
          value={values.project}
          onChange={project => set({ project })}
        />
        <FilterSelect
          label={t('runList.type')}
          options={runTypeSchema.options.map(type => ({
            value: type,
            label: t(`runList.type.${type}`),
          }))}
          value={values.type}
          onChange={type => set({ type })}
        />
        <FilterText
          label={t('runList.requester')}
          value={values.requestedBy}
          onChange={requestedBy => set({ requestedBy })}
          width={220}
        />
      </FilterBar>
      <PagedTable
        label={t('runList.title')}
        list={list}
        columns={columns}
        keyOf={run => run.id}
        empty={
          <EmptyState
            title={filters.active ? t('runList.noMatch') : t('runList.empty')}
          />
        }
      />
    </>
  );
};
