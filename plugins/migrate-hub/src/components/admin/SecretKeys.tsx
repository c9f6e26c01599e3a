import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { SecretKey } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback } from 'react';
import { useHubClient } from '../../hooks/useHub';
import { usePagedList } from '../../hooks/usePagedList';
import { useText } from '../../hooks/useText';
import { EmptyState } from '../EmptyState';
import { Column, PagedTable } from '../PagedTable';
import { RelativeTime } from '../RelativeTime';

function conditionOf(key: SecretKey) {
  if (key.current) return 'current';
  if (!key.configured) return 'missing';
  const isUsed = Object.values(key.ciphertexts).some(count => count > 0);
  return isUsed ? 'old' : 'unused';
}

const columns = (t: ReturnType<typeof useText>): Column<SecretKey>[] => [
  { id: 'id', header: t('secrets.key'), rowHeader: true, cell: key => key.id },
  {
    id: 'use',
    header: t('secrets.use'),
    cell: key => (
      <Typography
        variant="body2"
        color={conditionOf(key) === 'missing' ? 'error' : undefined}
      >
        {t(`secrets.use.${conditionOf(key)}`)}
      </Typography>
    ),
  },
  {
    id: 'since',
    header: t('secrets.since'),
    noWrap: true,
    cell: ({ since }) => (since ? <RelativeTime at={since} /> : '–'),
  },
  {
    id: 'targets',
    header: t('secrets.targets'),
    align: 'right',
    cell: ({ ciphertexts }) => ciphertexts.targets.toLocaleString(),
  },
  {
    id: 'clientCertificates',
    header: t('secrets.clientCertificates'),
    align: 'right',
    cell: ({ ciphertexts }) => ciphertexts.clientCertificates.toLocaleString(),
  },
  {
    id: 'sessions',
    header: t('secrets.sessions'),
    align: 'right',
    cell: ({ ciphertexts }) => ciphertexts.sessions.toLocaleString(),
  },
  {
    id: 'webhooks',
    header: t('secrets.webhooks'),
    align: 'right',
    cell: ({ ciphertexts }) => ciphertexts.webhooks.toLocaleString(),
  },
];

/** Which keys encrypt what the hub keeps secret, how old they are, and what still depends on each. */
export const SecretKeys = () => {
  const t = useText();
  const hub = useHubClient();
  const list = usePagedList(
    useCallback(
      async (_, signal) => {
        const { keys } = await hub.call('getSecretSettings', { signal });
        return { items: keys };
      },
      [hub],
    ),
  );
  return (
    <Stack spacing={2}>
      <Typography variant="body2" color="text.secondary" maxWidth="80ch">
        {t('secrets.hint')}
      </Typography>
      <PagedTable
        label={t('admin.secrets')}
        list={list}
        columns={columns(t)}
        keyOf={key => key.id}
        empty={<EmptyState title={t('secrets.empty')} />}
      />
    </Stack>
  );
};
