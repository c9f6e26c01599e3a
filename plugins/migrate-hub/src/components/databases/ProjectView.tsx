import { Link } from '@backstage/core-components';
import Box from '@mui/material/Box';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import {
  DbSet,
  Project,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback, useState } from 'react';
import { useCommand } from '../../hooks/useCommand';
import { useHub, useHubClient } from '../../hooks/useHub';
import { useLoad } from '../../hooks/useLoad';
import { useText } from '../../hooks/useText';
import { ActionButton } from '../ActionButton';
import { ConfirmDialog } from '../ConfirmDialog';
import { Mono } from '../CopyText';
import { EmptyState } from '../EmptyState';
import { Loaded } from '../Section';
import { allDbSets } from './allDbSets';
import { DbSetDialog } from './DbSetDialog';
import { DbSetPanel } from './DbSetPanel';
import { ProjectDialog } from './ProjectDialog';

/** With more sets than these their targets are loaded when they are opened. */
const OPEN_AT_FIRST = 6;

interface ProjectHeadProps {
  project: Project;
  onAsk: (what: 'edit' | 'archive' | 'newSet') => void;
}

const ProjectHead = ({ project, onAsk }: ProjectHeadProps) => {
  const t = useText();
  const { key, description, entityRef, archived } = project;
  return (
    <Box
      sx={{
        display: 'flex',
        flexWrap: 'wrap',
        justifyContent: 'space-between',
        gap: 2,
        marginBottom: 2,
      }}
    >
      <Box sx={{ minWidth: 0 }}>
        <Typography component="h3" sx={{ fontWeight: 600 }}>
          {project.name} <Mono>{key}</Mono>{' '}
          {archived && `(${t('databases.archived')})`}
        </Typography>
        <Typography variant="body2" color="text.secondary">
          {description}
        </Typography>
        {entityRef && (
          <Typography variant="body2">
            <Link to={catalogPath(entityRef)}>{t('databases.entity')}</Link>{' '}
            <Mono>{entityRef}</Mono>
          </Typography>
        )}
      </Box>
      <Box
        sx={{
          display: 'flex',
          flexWrap: 'wrap',
          alignItems: 'flex-start',
          gap: 1,
        }}
      >
        <ActionButton
          action="createDbSet"
          of={project}
          variant="outlined"
          reason="tooltip"
          onClick={() => onAsk('newSet')}
        >
          {t('databases.newSet')}
        </ActionButton>
        <ActionButton
          action="edit"
          of={project}
          reason="tooltip"
          onClick={() => onAsk('edit')}
        >
          {t('databases.edit')}
        </ActionButton>
        <ActionButton
          action="archive"
          of={project}
          reason="tooltip"
          onClick={() => onAsk('archive')}
        >
          {t(archived ? 'databases.unarchive' : 'databases.archive')}
        </ActionButton>
      </Box>
    </Box>
  );
};

interface ArchiveDialogProps {
  project: Project;
  onDone: () => void;
  onClose: () => void;
}

const ArchiveDialog = ({ project, onDone, onClose }: ArchiveDialogProps) => {
  const t = useText();
  const hub = useHubClient();
  const { key, revision, archived, name } = project;
  const command = useCommand(() =>
    hub.call('updateProject', {
      params: { key },
      body: { expectedRevision: revision, archived: !archived },
    }),
  );
  const act = archived ? 'unarchive' : 'archive';
  return (
    <ConfirmDialog
      open
      title={t(`dbConfirm.${act}`, { name })}
      consequence={t(`dbConfirm.${act}What`)}
      confirm={t(`dbConfirm.${act}Confirm`, { name })}
      color={archived ? 'primary' : 'error'}
      typeToConfirm={archived ? undefined : key}
      busy={command.busy}
      error={command.error}
      onConfirm={async () => {
        if (await command.run()) onDone();
      }}
      onClose={onClose}
    />
  );
};

interface ProjectViewProps {
  project: Project;
  environment?: string;
  /** Also what is disabled? */
  shown: 'enabled' | 'all';
  onChanged: () => void;
}

/** A project and its DB sets, in the order of the environments. */
export const ProjectView = (props: ProjectViewProps) => {
  const { project, environment, shown, onChanged } = props;
  const t = useText();
  const hub = useHubClient();
  const { environments } = useHub();
  const [asked, setAsked] = useState<'edit' | 'archive' | 'newSet'>();
  const { key } = project;

  const sets = useLoad(
    useCallback(
      signal =>
        allDbSets(
          hub,
          {
            project: key,
            environment,
            disabled: shown === 'all' ? undefined : 'false',
          },
          signal,
        ),
      [hub, key, environment, shown],
    ),
  );
  const order = environments.map(({ name }) => name);
  const inOrder = (list: DbSet[]) =>
    [...list].sort(
      (one, other) =>
        order.indexOf(one.environment) - order.indexOf(other.environment),
    );
  const done = () => {
    setAsked(undefined);
    onChanged();
    sets.reload();
  };

  return (
    <>
      <ProjectHead project={project} onAsk={setAsked} />
      <Loaded load={sets}>
        {list =>
          list.length === 0 ? (
            <EmptyState title={t('databases.emptySets')}>
              {t('databases.emptySetsHint')}
            </EmptyState>
          ) : (
            <Stack spacing={2}>
              {inOrder(list).map(dbSet => (
                <DbSetPanel
                  key={dbSet.id}
                  dbSet={dbSet}
                  shown={shown}
                  initially={list.length <= OPEN_AT_FIRST ? 'open' : 'closed'}
                  onChanged={sets.reload}
                />
              ))}
            </Stack>
          )
        }
      </Loaded>
      {asked === 'edit' && (
        <ProjectDialog
          project={project}
          onSaved={done}
          onClose={() => setAsked(undefined)}
        />
      )}
      {asked === 'newSet' && (
        <DbSetDialog
          project={key}
          onSaved={done}
          onClose={() => setAsked(undefined)}
        />
      )}
      {asked === 'archive' && (
        <ArchiveDialog
          project={project}
          onDone={done}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  );
};

/** `component:default/auth` is at `/catalog/default/component/auth`. */
function catalogPath(entityRef: string): string {
  const [kind, rest] = entityRef.split(':');
  const [namespace, name] = rest.split('/');
  return `/catalog/${namespace}/${kind}/${name}`;
}
