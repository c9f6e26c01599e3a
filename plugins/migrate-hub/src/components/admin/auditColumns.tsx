import { Link } from '@backstage/core-components';
import Box from '@mui/material/Box';
import { AuditEvent } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { CopyText, Mono } from '../CopyText';
import { Column } from '../PagedTable';
import { RelativeTime } from '../RelativeTime';
import { toneColor } from '../tones';

/** What has to do with a broken glass stands out. */
const isAgainstClock = ({ action, payload }: AuditEvent): boolean =>
  action.startsWith('run.break_glass') || payload.breakGlass === true;

const Details = ({ event }: { event: AuditEvent }) => {
  const t = useText();
  const { action, payload, requestId } = event;
  return (
    <details>
      <Box
        component="summary"
        aria-label={t('audit.open', { action })}
        sx={{ cursor: 'pointer' }}
      >
        <Mono>{action}</Mono>
        {isAgainstClock(event) && (
          <Box
            component="span"
            sx={{ color: toneColor('red'), fontWeight: 500, marginLeft: 1 }}
          >
            {t('audit.againstClock')}
          </Box>
        )}
      </Box>
      <Box
        component="pre"
        tabIndex={0}
        sx={{
          margin: '8px 0',
          padding: 1,
          maxHeight: 320,
          overflow: 'auto',
          whiteSpace: 'pre-wrap',
          overflowWrap: 'anywhere',
          backgroundColor: 'action.hover',
          borderRadius: 1,
          fontSize: '0.75rem',
        }}
      >
        {JSON.stringify(payload, undefined, 2)}
      </Box>
      {requestId && (
        <>
          {t('audit.requestId')}:{' '}
          <CopyText text={requestId} what={t('audit.requestId')} />
        </>
      )}
    </details>
  );
};

/** A name where the record has one, and the way there where there is a page. */
const Subject = ({ event }: { event: AuditEvent }) => {
  const paths = useHubPaths();
  const { entityType, entityId, entityName } = event;
  const name = entityName ?? entityId.slice(0, 13);
  const kind = entityType.replace('_', ' ');
  if (entityType === 'run') {
    return (
      <>
        {kind} <Link to={paths.run(entityId)}>{name}</Link>
      </>
    );
  }
  if (entityType === 'migration') {
    return (
      <>
        {kind} <Link to={paths.migration(entityId)}>{name}</Link>
      </>
    );
  }
  return (
    <>
      {kind} <Mono>{name}</Mono>
    </>
  );
};

/** Who, what, when; what happened opens to everything that was recorded. */
export const auditColumns = (
  t: ReturnType<typeof useText>,
): Column<AuditEvent>[] => [
  {
    id: 'at',
    header: t('audit.at'),
    noWrap: true,
    cell: ({ at }) => <RelativeTime at={at} />,
  },
  {
    id: 'who',
    header: t('audit.who'),
    rowHeader: true,
    cell: ({ actor }) => actor?.email ?? actor?.name ?? t('audit.system'),
  },
  {
    id: 'what',
    header: t('audit.what'),
    cell: event => <Details event={event} />,
  },
  {
    id: 'which',
    header: t('audit.which'),
    cell: event => <Subject event={event} />,
  },
];
