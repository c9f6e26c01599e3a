import TextField from '@mui/material/TextField';
import {
  auditActionSchema,
  auditEntityTypeSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback, useMemo } from 'react';
import { useFilters } from '../../hooks/useFilters';
import { useHub, useHubClient } from '../../hooks/useHub';
import { usePagedList } from '../../hooks/usePagedList';
import { useText } from '../../hooks/useText';
import { EmptyState } from '../EmptyState';
import { FilterBar, FilterSelect, FilterText } from '../FilterBar';
import { instantOf } from '../moment';
import { PagedTable } from '../PagedTable';
import { auditColumns } from './auditColumns';
import { AuditEvidence } from './AuditEvidence';

const FILTERS = [
  'actor',
  'action',
  'entityType',
  'entityId',
  'from',
  'to',
] as const;

interface TimeFieldProps {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

const TimeField = ({ label, value, onChange }: TimeFieldProps) => (
  <TextField
    size="small"
    type="datetime-local"
    label={label}
    value={value ?? ''}
    onChange={event => onChange(event.target.value || undefined)}
    InputLabelProps={{ shrink: true }}
  />
);

/** Who did what, when: nobody can edit it. */
export const AuditLog = () => {
  const t = useText();
  const hub = useHubClient();
  const filters = useFilters(FILTERS);
  const { values, set } = filters;
  const { me } = useHub();

  const query = useMemo(
    () => ({
      actor: values.actor,
      action: auditActionSchema.safeParse(values.action).data,
      entityType: auditEntityTypeSchema.safeParse(values.entityType).data,
      entityId: values.entityId,
      from: instantOf(values.from),
      to: instantOf(values.to),
    }),
    [values],
  );
  const list = usePagedList(
    useCallback(
      ({ cursor }, signal) =>
        hub.call('listAuditEvents', { query: { ...query, cursor }, signal }),
      [hub, query],
    ),
  );

  return (
    <>
      {me.allowedActions.includes('administer') && (
        <AuditEvidence filter={query} filtered={filters.active} />
      )}
      <FilterBar active={filters.active} onClear={filters.clear}>
        <FilterText
          label={t('audit.actor')}
          value={values.actor}
          onChange={actor => set({ actor })}
          width={220}
          search
        />
        <FilterSelect
          label={t('audit.action')}
          options={auditActionSchema.options.map(action => ({
            value: action,
            label: actionText(action),
          }))}
          value={values.action}
          onChange={action => set({ action })}
        />
        <FilterSelect
          label={t('audit.entityType')}
          options={auditEntityTypeSchema.options.map(type => ({
            value: type,
            label: type.replace('_', ' '),
          }))}
          value={values.entityType}
          onChange={entityType => set({ entityType })}
        />
        <FilterText
          label={t('audit.entityId')}
          value={values.entityId}
          onChange={entityId => set({ entityId })}
          width={160}
        />
        <TimeField
          label={t('audit.from')}
          value={values.from}
          onChange={from => set({ from })}
        />
        <TimeField
          label={t('audit.to')}
          value={values.to}
          onChange={to => set({ to })}
        />
      </FilterBar>
      <PagedTable
        label={t('admin.audit')}
        list={list}
        columns={auditColumns(t)}
        keyOf={event => event.id}
        empty={
          <EmptyState
            title={t(filters.active ? 'audit.noMatch' : 'audit.empty')}
          />
        }
      />
    </>
  );
};

/** `run.execution_requested` reads as "run: execution requested". */
function actionText(action: string): string {
  const [entity, verb] = action.split('.');
  return `${entity}: ${verb}`.replace(/_/g, ' ');
}
