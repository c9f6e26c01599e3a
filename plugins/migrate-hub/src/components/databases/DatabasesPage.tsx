import Button from '@mui/material/Button';
import { useCallback, useState } from 'react';
import { useFilters } from '../../hooks/useFilters';
import { useHub, useHubClient } from '../../hooks/useHub';
import { useLoad } from '../../hooks/useLoad';
import { useText } from '../../hooks/useText';
import { ActionButton } from '../ActionButton';
import { EmptyState } from '../EmptyState';
import { FilterBar, FilterSelect } from '../FilterBar';
import { PageTitle } from '../PageTitle';
import { Loaded } from '../Section';
import { PageSkeleton } from '../Skeletons';
import { ProjectDialog } from './ProjectDialog';
import { ProjectView } from './ProjectView';

const FILTERS = ['project', 'environment', 'disabled'] as const;
const MOST_PROJECTS = 200;

/** What can we reach? The DB sets of a project with their targets. */
export const DatabasesPage = () => {
  const t = useText();
  const hub = useHubClient();
  const { me, environments } = useHub();
  const [creating, setCreating] = useState(false);
  const filters = useFilters(FILTERS);
  const { values, set } = filters;
  const projects = useLoad(
    useCallback(
      signal =>
        hub
          .call('listProjects', { query: { limit: MOST_PROJECTS }, signal })
          .then(({ items }) =>
            items.sort((one, other) => one.name.localeCompare(other.name)),
          ),
      [hub],
    ),
  );

  return (
    <>
      <PageTitle title={t('databases.title')}>
        <ActionButton
          action="createProject"
          of={me}
          variant="contained"
          onClick={() => setCreating(true)}
        >
          {t('databases.newProject')}
        </ActionButton>
      </PageTitle>
      <Loaded load={projects} skeleton={<PageSkeleton />}>
        {items => {
          if (items.length === 0) {
            return (
              <EmptyState title={t('databases.empty')}>
                {t('databases.emptyHint')}
              </EmptyState>
            );
          }
          const project =
            items.find(({ key }) => key === values.project) ?? items[0];
          return (
            <>
              <FilterBar active={filters.active} onClear={filters.clear}>
                <FilterSelect
                  label={t('databases.project')}
                  options={items.map(({ key, name, archived }) => ({
                    value: key,
                    label: archived
                      ? `${name} (${t('databases.archived')})`
                      : name,
                  }))}
                  value={project.key}
                  onChange={next => set({ project: next })}
                />
                <FilterSelect
                  label={t('databases.environment')}
                  options={environments.map(({ name }) => ({
                    value: name,
                    label: name,
                  }))}
                  value={values.environment}
                  onChange={environment => set({ environment })}
                />
                <Button
                  size="small"
                  aria-pressed={values.disabled !== undefined}
                  variant={values.disabled ? 'contained' : 'outlined'}
                  onClick={() =>
                    set({ disabled: values.disabled ? undefined : 'shown' })
                  }
                >
                  {t('databases.showDisabled')}
                </Button>
              </FilterBar>
              <ProjectView
                key={project.key}
                project={project}
                environment={values.environment}
                shown={values.disabled ? 'all' : 'enabled'}
                onChanged={projects.reload}
              />
            </>
          );
        }}
      </Loaded>
      {creating && (
        <ProjectDialog
          onSaved={saved => {
            setCreating(false);
            set({ project: saved.key });
            projects.reload();
          }}
          onClose={() => setCreating(false)}
        />
      )}
    </>
  );
};
