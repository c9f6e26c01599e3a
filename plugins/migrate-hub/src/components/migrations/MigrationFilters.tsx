import FormControlLabel from '@mui/material/FormControlLabel';
import Switch from '@mui/material/Switch';
import { environmentStateSchema } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Filters } from '../../hooks/useFilters';
import { useHub } from '../../hooks/useHub';
import { useProjects } from '../../hooks/useProjects';
import { useText } from '../../hooks/useText';
import { FilterBar, FilterSelect, FilterText } from '../FilterBar';

export const filterNames = [
  'project',
  'environment',
  'state',
  'jira',
  'createdBy',
  'q',
  'archived',
] as const;

interface MigrationFiltersProps {
  filters: Filters<(typeof filterNames)[number]>;
}

export const MigrationFilters = ({ filters }: MigrationFiltersProps) => {
  const t = useText();
  const { environments } = useHub();
  const projects = useProjects();
  const { values, set } = filters;

  return (
    <FilterBar active={filters.active} onClear={filters.clear}>
      <FilterText
        search
        label={t('filter.search')}
        value={values.q}
        onChange={q => set({ q })}
        width={150}
      />
      <FilterSelect
        label={t('filter.project')}
        options={(projects.value ?? []).map(({ key, name }) => ({
          value: key,
          label: name,
        }))}
        value={values.project}
        onChange={project => set({ project })}
      />
      <FilterSelect
        label={t('filter.environment')}
        options={environments.map(({ name }) => ({ value: name, label: name }))}
        value={values.environment}
        onChange={environment =>
          set({
            environment,
            // A state is always that of an environment.
            state: environment && values.state,
          })
        }
      />
      <FilterSelect
        label={t('filter.state')}
        options={environmentStateSchema.options.map(value => ({
          value,
          label: t(`state.${value}`),
        }))}
        value={values.state}
        onChange={state =>
          set({
            state,
            environment: state
              ? values.environment ?? environments[0]?.name
              : undefined,
          })
        }
      />
      <FilterText
        label={t('filter.jira')}
        value={values.jira}
        onChange={jira => set({ jira })}
        width={90}
      />
      <FilterText
        label={t('filter.author')}
        value={values.createdBy}
        onChange={createdBy => set({ createdBy })}
        width={130}
      />
      <FormControlLabel
        sx={{ marginLeft: 0 }}
        control={
          <Switch
            size="small"
            checked={values.archived === 'true'}
            onChange={(_, on) => set({ archived: on ? 'true' : undefined })}
          />
        }
        label={t('migrations.showArchived')}
      />
    </FilterBar>
  );
};
