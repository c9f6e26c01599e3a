import { Link } from '@backstage/core-components';
import CheckCircle from '@mui/icons-material/CheckCircleOutline';
import ErrorIcon from '@mui/icons-material/ErrorOutline';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import {
  DbSet,
  DbTarget,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { useHubClient } from '../../hooks/useHub';
import { usePagedList } from '../../hooks/usePagedList';
import { useText } from '../../hooks/useText';
import { HubPaths, useHubPaths } from '../../routes';
import { ActionButton } from '../ActionButton';
import { CopyText } from '../CopyText';
import { EmptyState } from '../EmptyState';
import { Column, PagedTable } from '../PagedTable';
import { ReconciliationText } from '../ReconciliationText';
import { RelativeTime } from '../RelativeTime';
import { StatusBadge } from '../StatusBadge';
import { toneColor } from '../tones';
import { DisableTargetDialog } from './DisableTargetDialog';
import { ReconciliationDialog } from './ReconciliationDialog';
import { TargetDialog } from './TargetDialog';
import { TestDialog } from './TestDialog';

type Ask = 'edit' | 'disable' | 'test' | 'checks' | 'record';

interface ColumnOptions {
  t: ReturnType<typeof useText>;
  paths: HubPaths;
  ask: (what: Ask, target: DbTarget) => void;
}

const Caption = ({ children }: { children: ReactNode }) => (
  <Typography variant="caption" component="div" color="text.secondary">
    {children}
  </Typography>
);

interface HealthProps {
  target: DbTarget;
  onOpen: () => void;
}

const Health = ({ target, onOpen }: HealthProps) => {
  const t = useText();
  const { lastTest, name } = target;
  if (!lastTest) return <>{t('dbTarget.untested')}</>;
  return (
    <>
      <Button
        size="small"
        onClick={onOpen}
        aria-label={`${t(
          lastTest.ok ? 'dbTarget.healthy' : 'dbTarget.failing',
        )}: ${t('dbTarget.checksOf', { name })}`}
        startIcon={lastTest.ok ? <CheckCircle /> : <ErrorIcon />}
        sx={{
          color: toneColor(lastTest.ok ? 'green' : 'red'),
          minWidth: 0,
          padding: 0,
        }}
      >
        {t(lastTest.ok ? 'dbTarget.healthy' : 'dbTarget.failing')}
      </Button>
      <Caption>
        <RelativeTime at={lastTest.at} />
      </Caption>
    </>
  );
};

const columns = ({ t, paths, ask }: ColumnOptions): Column<DbTarget>[] => [
  {
    id: 'name',
    header: t('dbTarget.name'),
    rowHeader: true,
    cell: ({ name, disabled, engine }) => (
      <>
        {disabled ? `${name} (${t('databases.disabled')})` : name}
        <Caption>{t(`dbForm.engineShort.${engine}`)}</Caption>
      </>
    ),
  },
  {
    id: 'address',
    header: t('dbTarget.address'),
    cell: ({ host, port, database }) => (
      <CopyText
        text={`${host}:${port}/${database}`}
        what={t('databases.address')}
      />
    ),
  },
  {
    id: 'health',
    header: t('dbTarget.health'),
    noWrap: true,
    cell: target => (
      <Health target={target} onOpen={() => ask('checks', target)} />
    ),
  },
  {
    id: 'record',
    header: t('dbRecord.header'),
    noWrap: true,
    cell: target => (
      <Button
        size="small"
        onClick={() => ask('record', target)}
        title={t('dbRecord.details', { name: target.name })}
        sx={{ minWidth: 0, padding: 0, textAlign: 'left' }}
      >
        <ReconciliationText of={target.reconciliation} />
      </Button>
    ),
  },
  {
    id: 'lastRun',
    header: t('dbTarget.lastRun'),
    cell: ({ lastRun }) =>
      lastRun ? (
        <>
          <StatusBadge status={lastRun.status} variant="icon" />{' '}
          <Link to={paths.run(lastRun.id)}>{lastRun.migration}</Link>
          <Caption>
            <RelativeTime at={lastRun.at} />
          </Caption>
        </>
      ) : (
        t('dbTarget.never')
      ),
  },
  {
    id: 'actions',
    header: t('dbTarget.actions'),
    noWrap: true,
    cell: target => (
      <Box
        role="group"
        aria-label={t('databases.actionsOf', { name: target.name })}
        sx={{
          display: 'flex',
          '& .MuiButton-root': { minWidth: 0, paddingX: 0.75 },
        }}
      >
        <ActionButton
          action="test"
          of={target}
          size="small"
          reason="tooltip"
          onClick={() => ask('test', target)}
        >
          {t('databases.test')}
        </ActionButton>
        <ActionButton
          action="edit"
          of={target}
          size="small"
          reason="tooltip"
          onClick={() => ask('edit', target)}
        >
          {t('databases.edit')}
        </ActionButton>
        <ActionButton
          action="disable"
          of={target}
          size="small"
          reason="tooltip"
          onClick={() => ask('disable', target)}
        >
          {t(target.disabled ? 'databases.enable' : 'databases.disable')}
        </ActionButton>
      </Box>
    ),
  },
];

interface TargetTableProps {
  dbSet: DbSet;
  shown: 'enabled' | 'all';
  /** Another one: read again. */
  edition: number;
  onChanged: () => void;
}

/** The targets of a set: where they are, whether they answer, what ran there last. */
export const TargetTable = (props: TargetTableProps) => {
  const { dbSet, shown, edition, onChanged } = props;
  const t = useText();
  const hub = useHubClient();
  const paths = useHubPaths();
  const [asked, setAsked] = useState<{ what: Ask; target: DbTarget }>();
  const list = usePagedList(
    useCallback(
      ({ cursor }, signal) =>
        hub.call('listDbTargets', {
          query: {
            dbSetId: dbSet.id,
            disabled: shown === 'all' ? undefined : 'false',
            cursor,
          },
          signal,
        }),
      [hub, dbSet.id, shown],
    ),
  );
  const { reload } = list;
  const read = useRef(edition);
  useEffect(() => {
    if (read.current === edition) return;
    read.current = edition;
    reload();
  }, [edition, reload]);

  const close = () => setAsked(undefined);
  const done = () => {
    close();
    onChanged();
  };
  return (
    <>
      <PagedTable
        label={dbSet.name}
        list={list}
        columns={columns({
          t,
          paths,
          ask: (what, target) => setAsked({ what, target }),
        })}
        keyOf={target => target.id}
        empty={<EmptyState title={t('databases.emptyTargets')} />}
      />
      {asked?.what === 'edit' && (
        <TargetDialog
          dbSet={dbSet}
          target={asked.target}
          onSaved={done}
          onClose={close}
        />
      )}
      {(asked?.what === 'test' || asked?.what === 'checks') && (
        <TestDialog
          target={asked.target}
          start={asked.what === 'test' ? 'test' : 'last'}
          onClose={done}
        />
      )}
      {asked?.what === 'record' && (
        <ReconciliationDialog target={asked.target} onClose={done} />
      )}
      {asked?.what === 'disable' && (
        <DisableTargetDialog
          target={asked.target}
          onDone={done}
          onClose={close}
        />
      )}
    </>
  );
};
