import Chip from '@mui/material/Chip';
import { Migration } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { useCommand } from '../../hooks/useCommand';
import { useHubClient } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { ActionButton } from '../ActionButton';
import { ConfirmDialog } from '../ConfirmDialog';
import { CopyText } from '../CopyText';
import { PageTitle } from '../PageTitle';
import { RelativeTime } from '../RelativeTime';

interface MigrationHeaderProps {
  migration: Migration;
  onRequest: () => void;
  /** It was archived, or taken out. */
  onChanged: () => void;
}

/** What it is, and what can be done with it. */
export const MigrationHeader = (props: MigrationHeaderProps) => {
  const { migration, onRequest, onChanged } = props;
  const t = useText();
  const paths = useHubPaths();
  const navigate = useNavigate();
  const [archiving, setArchiving] = useState(false);
  const { key, archived } = migration;

  return (
    <>
      <PageTitle
        name={key}
        title={
          <>
            <CopyText text={key} what={t('copy.key')} /> {migration.name}
          </>
        }
        subtitle={
          <>
            {migration.jira && <Chip size="small" label={migration.jira} />}
            <span>
              {t('migration.project', { project: migration.project })}
            </span>
            <span>
              {t('migration.version', { version: String(migration.version) })}
            </span>
            <span>
              {t('migration.mode', {
                mode: t(`mode.${migration.transactionMode}`),
              })}
            </span>
            <span>
              {t('migration.by', { name: migration.createdBy.name })},{' '}
              <RelativeTime at={migration.updatedAt} />
            </span>
          </>
        }
      >
        <ActionButton
          action="archive"
          of={migration}
          color="inherit"
          reason="tooltip"
          onClick={() => setArchiving(true)}
        >
          {archived ? t('migration.unarchive') : t('migration.archive')}
        </ActionButton>
        <ActionButton
          action="edit"
          of={migration}
          variant="outlined"
          reason="tooltip"
          onClick={() => navigate(paths.editMigration(migration.id))}
        >
          {t('migration.edit')}
        </ActionButton>
        <ActionButton
          action="request"
          of={migration}
          variant="contained"
          reason="tooltip"
          onClick={onRequest}
        >
          {t('migration.request')}
        </ActionButton>
      </PageTitle>
      <ArchiveDialog
        migration={migration}
        open={archiving}
        onClose={() => setArchiving(false)}
        onChanged={onChanged}
      />
    </>
  );
};

interface ArchiveDialogProps {
  migration: Migration;
  open: boolean;
  onClose: () => void;
  onChanged: () => void;
}

function ArchiveDialog(props: ArchiveDialogProps) {
  const { migration, open, onClose, onChanged } = props;
  const t = useText();
  const client = useHubClient();
  const act = migration.archived ? 'unarchive' : 'archive';
  const { key } = migration;

  const change = useCommand(() =>
    client.call('updateMigration', {
      params: { id: migration.id },
      body: {
        expectedVersion: migration.version,
        expectedRevision: migration.revision,
        archived: !migration.archived,
      },
    }),
  );
  return (
    <ConfirmDialog
      open={open}
      title={t(`migration.${act}Title`, { key })}
      consequence={t(`migration.${act}Consequence`)}
      confirm={t(`migration.${act}Confirm`, { key })}
      busy={change.busy}
      error={change.error}
      onConfirm={async () => {
        if (!(await change.run())) return;
        onClose();
        onChanged();
      }}
      onClose={() => {
        change.reset();
        onClose();
      }}
    />
  );
}
