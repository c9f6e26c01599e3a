import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import {
  AuditVerification,
  RouteInput,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback, useState } from 'react';
import { useCommand } from '../../hooks/useCommand';
import { useHubClient } from '../../hooks/useHub';
import { useLoad } from '../../hooks/useLoad';
import { useText } from '../../hooks/useText';
import { Checksum } from '../Checksum';
import { CopyText } from '../CopyText';
import { saveAs } from '../download';
import { ErrorNotice } from '../ErrorNotice';
import { RelativeTime } from '../RelativeTime';
import { Loaded, Panel } from '../Section';
import { BlockSkeleton } from '../Skeletons';

type Filter = Omit<
  NonNullable<RouteInput<'exportAuditEvents'>['query']>,
  'format'
>;

interface AuditEvidenceProps {
  /** What the table below shows: the export holds the same. */
  filter: Filter;
  filtered: boolean;
}

const Verdict = ({ found }: { found: AuditVerification }) => {
  const t = useText();
  const { ok, checked, after, head, pending, brokenAt, reason, notes } = found;
  return (
    <Stack spacing={1} role="status">
      {ok ? (
        <Alert severity="success">
          {t(after === 0 ? 'evidence.intact' : 'evidence.intactSince', {
            checked: checked.toLocaleString(),
            after: after.toLocaleString(),
          })}
        </Alert>
      ) : (
        <Alert severity="error">
          {brokenAt?.seq === undefined
            ? t('evidence.broken')
            : t('evidence.brokenAt', {
                seq: brokenAt.seq.toLocaleString(),
              })}{' '}
          {reason}
          {brokenAt?.event && (
            <>
              {' '}
              {t('evidence.event')}{' '}
              <CopyText text={brokenAt.event} what={t('evidence.event')} />
            </>
          )}
        </Alert>
      )}
      {notes.map(note => (
        <Alert key={note} severity="warning">
          {note}
        </Alert>
      ))}
      <Typography variant="body2" color="text.secondary">
        {head ? (
          <>
            {t('evidence.checkpoint', {
              seq: head.seq.toLocaleString(),
              key: head.keyId,
            })}{' '}
            <Checksum value={head.hash} /> · <RelativeTime at={head.at} />
          </>
        ) : (
          t('evidence.noCheckpoint')
        )}
        {pending > 0 &&
          ` · ${t('evidence.pending', { pending: pending.toLocaleString() })}`}
      </Typography>
    </Stack>
  );
};

/** Whether the trail is what it was, and the trail as a file. */
export const AuditEvidence = ({ filter, filtered }: AuditEvidenceProps) => {
  const t = useText();
  const hub = useHubClient();
  const [full, setFull] = useState(false);
  const verification = useLoad(
    useCallback(
      signal =>
        hub.call('verifyAuditEvents', {
          query: full ? { full: 'true' as const } : {},
          signal,
        }),
      [hub, full],
    ),
  );
  const saving = useCommand(async (format: 'ndjson' | 'csv') =>
    saveAs(
      `audit-events.${format}`,
      await hub.fetch('exportAuditEvents', { query: { ...filter, format } }),
    ),
  );
  return (
    <Stack spacing={1} marginBottom={2}>
      <Panel
        title={t('evidence.title')}
        busy={verification.loading}
        aside={
          <Stack direction="row" spacing={1}>
            <Button
              size="small"
              disabled={verification.loading}
              onClick={() => (full ? verification.reload() : setFull(true))}
            >
              {t('evidence.verifyAll')}
            </Button>
            {(['ndjson', 'csv'] as const).map(format => (
              <Button
                key={format}
                size="small"
                disabled={saving.busy}
                onClick={() => saving.run(format)}
              >
                {t(filtered ? 'evidence.exportShown' : 'evidence.exportAll', {
                  format: format.toUpperCase(),
                })}
              </Button>
            ))}
          </Stack>
        }
      >
        <Loaded load={verification} skeleton={<BlockSkeleton />}>
          {found => <Verdict found={found} />}
        </Loaded>
      </Panel>
      {saving.error && <ErrorNotice error={saving.error} />}
    </Stack>
  );
};
