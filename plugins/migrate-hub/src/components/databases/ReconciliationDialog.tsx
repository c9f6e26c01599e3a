import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import LinearProgress from '@mui/material/LinearProgress';
import Typography from '@mui/material/Typography';
import {
  DbTarget,
  ReconciliationFinding,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback, useState } from 'react';
import { useCommand } from '../../hooks/useCommand';
import { useHubClient } from '../../hooks/useHub';
import { usePagedList } from '../../hooks/usePagedList';
import { useText } from '../../hooks/useText';
import { ActionButton } from '../ActionButton';
import { EmptyState } from '../EmptyState';
import { ErrorNotice } from '../ErrorNotice';
import { Column, PagedTable } from '../PagedTable';
import { RelativeTime } from '../RelativeTime';

interface ReconciliationDialogProps {
  target: DbTarget;
  onClose: () => void;
}

/** Where the hub and the history table of a target disagree, migration by migration. */
export const ReconciliationDialog = ({
  target,
  onClose,
}: ReconciliationDialogProps) => {
  const t = useText();
  const hub = useHubClient();
  const { id, name } = target;
  const [last, setLast] = useState(target.reconciliation);
  const list = usePagedList(
    useCallback(
      ({ cursor }, signal) =>
        hub.call('getReconciliation', {
          params: { id },
          query: { cursor },
          signal,
        }),
      [hub, id],
    ),
  );
  const { run, busy, error } = useCommand(() =>
    hub.call('reconcileDbTarget', { params: { id } }),
  );
  const { reload } = list;
  const compare = async () => {
    const result = await run();
    if (result) setLast(result);
    reload();
  };
  const columns: Column<ReconciliationFinding>[] = [
    {
      id: 'migration',
      header: t('dbRecord.migration'),
      rowHeader: true,
      cell: ({ migrationKey }) => <code>{migrationKey}</code>,
    },
    {
      id: 'reason',
      header: t('dbRecord.finding'),
      cell: ({ reason }) => t(`dbRecord.reason.${reason}`),
    },
    {
      id: 'by',
      header: t('dbRecord.by'),
      cell: ({ appliedBy, toolRunId }) =>
        [appliedBy, toolRunId].filter(Boolean).join(', '),
    },
    {
      id: 'since',
      header: t('dbRecord.since'),
      noWrap: true,
      cell: ({ firstSeenAt }) => <RelativeTime at={firstSeenAt} />,
    },
  ];
  const title = t('dbRecord.title', { name });
  return (
    <Dialog open onClose={onClose} aria-label={title} maxWidth="md" fullWidth>
      <DialogTitle>{title}</DialogTitle>
      <DialogContent>
        <Typography variant="body2" sx={{ marginBottom: 1 }}>
          {t('dbRecord.what')}
        </Typography>
        {last && (
          <Typography variant="body2" role="status">
            {t('dbRecord.at')} <RelativeTime at={last.at} />
            {last.error && `. ${t('dbRecord.failed')} ${last.error}`}
          </Typography>
        )}
        {last?.trail && <Alert severity="error">{last.trail}</Alert>}
        {busy && <LinearProgress aria-label={t('dbRecord.running')} />}
        {error && <ErrorNotice error={error} onRetry={compare} />}
        <PagedTable
          label={title}
          list={list}
          columns={columns}
          keyOf={finding => finding.id}
          empty={<EmptyState title={t('dbRecord.empty')} />}
        />
      </DialogContent>
      <DialogActions sx={{ padding: 2 }}>
        <ActionButton
          action="test"
          of={target}
          reason="tooltip"
          onClick={compare}
        >
          {t('dbRecord.compare')}
        </ActionButton>
        <Button variant="contained" onClick={onClose}>
          {t('dbTest.close')}
        </Button>
      </DialogActions>
    </Dialog>
  );
};
