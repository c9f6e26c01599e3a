import Box from '@mui/material/Box';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { HealthFinding } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback, useMemo } from 'react';
import { useHubClient } from '../../hooks/useHub';
import { usePagedList } from '../../hooks/usePagedList';
import { usePolling } from '../../hooks/usePolling';
import { useText } from '../../hooks/useText';
import { EmptyState } from '../EmptyState';
import { Column, PagedTable } from '../PagedTable';
import { Tone, toneColor } from '../tones';

const REFRESH_MS = 15_000;

type State = 'ok' | 'note' | 'warning' | 'wrong';

const tones: Record<State, Tone> = {
  ok: 'green',
  note: 'blue',
  warning: 'amber',
  wrong: 'red',
};

function stateOf({ ok, warning, message }: HealthFinding): State {
  if (ok) return message === undefined ? 'ok' : 'note';
  return warning ? 'warning' : 'wrong';
}

const columns = (t: ReturnType<typeof useText>): Column<HealthFinding>[] => [
  {
    id: 'part',
    header: t('health.part'),
    rowHeader: true,
    cell: ({ part }) => part,
  },
  {
    id: 'state',
    header: t('health.state'),
    noWrap: true,
    cell: finding => (
      <Box
        component="span"
        sx={{ color: toneColor(tones[stateOf(finding)]), fontWeight: 500 }}
      >
        {t(`health.${stateOf(finding)}`)}
      </Box>
    ),
  },
  {
    id: 'message',
    header: t('health.message'),
    cell: ({ message }) => message ?? '–',
  },
];

/** Whether the hub can do its work, and what whoever operates it should know. */
export const Health = () => {
  const t = useText();
  const hub = useHubClient();
  const list = usePagedList(
    useCallback((_, signal) => hub.call('getHealth', { signal }), [hub]),
  );
  usePolling(list.reload, REFRESH_MS);
  return (
    <Stack spacing={2}>
      <Typography variant="body2" color="text.secondary" maxWidth="80ch">
        {t('health.hint')}
      </Typography>
      <PagedTable
        label={t('admin.health')}
        list={list}
        columns={useMemo(() => columns(t), [t])}
        keyOf={({ part }) => part}
        empty={<EmptyState title={t('health.empty')} />}
      />
    </Stack>
  );
};
