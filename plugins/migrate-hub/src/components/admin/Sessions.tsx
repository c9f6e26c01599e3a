import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { Session } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback, useState } from 'react';
import { useCommand } from '../../hooks/useCommand';
import { useHubClient } from '../../hooks/useHub';
import { usePagedList } from '../../hooks/usePagedList';
import { useText } from '../../hooks/useText';
import { ConfirmDialog } from '../ConfirmDialog';
import { EmptyState } from '../EmptyState';
import { Column, PagedTable } from '../PagedTable';
import { RelativeTime } from '../RelativeTime';
import { agentText } from './agentText';

const columns = (
  t: ReturnType<typeof useText>,
  onEnd: (session: Session) => void,
): Column<Session>[] => [
  {
    id: 'who',
    header: t('sessions.who'),
    rowHeader: true,
    cell: ({ user, current, provider }) => (
      <>
        {user.email ?? user.name}
        <Typography variant="caption" component="div" color="text.secondary">
          {current ? `${provider} (${t('sessions.current')})` : provider}
        </Typography>
      </>
    ),
  },
  {
    id: 'since',
    header: t('sessions.since'),
    noWrap: true,
    cell: ({ createdAt }) => <RelativeTime at={createdAt} />,
  },
  {
    id: 'lastSeen',
    header: t('sessions.lastSeen'),
    noWrap: true,
    cell: ({ lastSeenAt }) => <RelativeTime at={lastSeenAt} />,
  },
  {
    id: 'where',
    header: t('sessions.where'),
    cell: ({ address, agent }) => (
      <>
        {address ?? '–'}
        <Typography
          variant="caption"
          component="div"
          color="text.secondary"
          title={agent}
        >
          {agent && agentText(agent)}
        </Typography>
      </>
    ),
  },
  {
    id: 'actions',
    header: t('sessions.actions'),
    cell: session => (
      <Button
        size="small"
        color="error"
        aria-label={t('sessions.endOf', { name: session.user.name })}
        onClick={() => onEnd(session)}
      >
        {t('sessions.end')}
      </Button>
    ),
  },
];

interface EndDialogProps {
  session: Session;
  onDone: () => void;
  onClose: () => void;
}

const EndDialog = ({ session, onDone, onClose }: EndDialogProps) => {
  const t = useText();
  const hub = useHubClient();
  const { name } = session.user;
  const command = useCommand(() =>
    hub.call('revokeSession', { params: { id: session.id } }),
  );
  return (
    <ConfirmDialog
      open
      title={t('sessions.endTitle', { name })}
      consequence={t('sessions.endWhat')}
      confirm={t('sessions.endOf', { name })}
      color="error"
      busy={command.busy}
      error={command.error}
      onConfirm={async () => {
        if (await command.run()) onDone();
      }}
      onClose={onClose}
    />
  );
};

/** Who is signed in, from where, and how to end that. */
export const Sessions = () => {
  const t = useText();
  const hub = useHubClient();
  const [asked, setAsked] = useState<Session>();
  const list = usePagedList(
    useCallback(
      ({ cursor }, signal) =>
        hub.call('listSessions', { query: { cursor }, signal }),
      [hub],
    ),
  );
  return (
    <>
      <PagedTable
        label={t('admin.sessions')}
        list={list}
        columns={columns(t, setAsked)}
        keyOf={session => session.id}
        empty={<EmptyState title={t('sessions.empty')} />}
      />
      {asked && (
        <EndDialog
          session={asked}
          onDone={() => {
            setAsked(undefined);
            list.reload();
          }}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  );
};
