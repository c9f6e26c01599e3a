import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { Webhook } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback, useMemo, useState } from 'react';
import { useCommand } from '../../hooks/useCommand';
import { useHubClient } from '../../hooks/useHub';
import { usePagedList } from '../../hooks/usePagedList';
import { usePolling } from '../../hooks/usePolling';
import { useText } from '../../hooks/useText';
import { ConfirmDialog } from '../ConfirmDialog';
import { EmptyState } from '../EmptyState';
import { ErrorNotice } from '../ErrorNotice';
import { PagedTable } from '../PagedTable';
import { WebhookDialog } from './WebhookDialog';
import { WebhookAct, webhookColumns } from './webhookColumns';

/** How a delivery went is seen so soon. */
const WAITING_MS = 2_000;
const IDLE_MS = 15_000;

type Asked =
  | { what: 'new' }
  | { what: 'edit'; webhook: Webhook }
  | { what: 'delete'; webhook: Webhook };

interface DeleteDialogProps {
  webhook: Webhook;
  onDone: () => void;
  onClose: () => void;
}

const DeleteDialog = ({ webhook, onDone, onClose }: DeleteDialogProps) => {
  const t = useText();
  const hub = useHubClient();
  const command = useCommand(() =>
    hub.call('deleteWebhook', { params: { id: webhook.id } }),
  );
  return (
    <ConfirmDialog
      open
      title={t('webhooks.deleteTitle')}
      consequence={t('webhooks.deleteWhat', { url: webhook.url })}
      confirm={t('webhooks.deleteConfirm')}
      color="error"
      typeToConfirm={new URL(webhook.url).host}
      busy={command.busy}
      error={command.error}
      onConfirm={async () => {
        if (await command.run()) onDone();
      }}
      onClose={onClose}
    />
  );
};

/** Who outside is told what happens, and how that goes. */
export const Webhooks = () => {
  const t = useText();
  const hub = useHubClient();
  const [asked, setAsked] = useState<Asked>();
  const list = usePagedList(
    useCallback(
      ({ cursor }, signal) =>
        hub.call('listWebhooks', { query: { cursor }, signal }),
      [hub],
    ),
  );
  const waits = list.value?.items.some(({ lastDeliveries }) =>
    lastDeliveries.some(({ status }) => status === 'waiting'),
  );
  usePolling(list.reload, waits ? WAITING_MS : IDLE_MS);

  const { reload } = list;
  const { run, error } = useCommand(
    async (act: 'test' | 'switch', { id, revision, disabled }: Webhook) => {
      const params = { id };
      const body = { expectedRevision: revision, disabled: !disabled };
      if (act === 'test') await hub.call('testWebhook', { params });
      else await hub.call('updateWebhook', { params, body });
    },
  );
  const columns = useMemo(() => {
    async function ask(act: WebhookAct, webhook: Webhook) {
      if (act === 'edit' || act === 'delete') {
        setAsked({ what: act, webhook });
        return;
      }
      await run(act, webhook);
      reload();
    }
    return webhookColumns({ t, ask });
  }, [t, run, reload]);

  const close = () => setAsked(undefined);
  const done = () => {
    close();
    reload();
  };
  return (
    <Stack spacing={2}>
      <Stack
        direction="row"
        spacing={2}
        justifyContent="space-between"
        alignItems="flex-start"
      >
        <Typography variant="body2" color="text.secondary" maxWidth="80ch">
          {t('webhooks.hint')}
        </Typography>
        <Button
          variant="contained"
          onClick={() => setAsked({ what: 'new' })}
          sx={{ flexShrink: 0 }}
        >
          {t('webhooks.create')}
        </Button>
      </Stack>
      {error && <ErrorNotice error={error} />}
      <PagedTable
        label={t('admin.webhooks')}
        list={list}
        columns={columns}
        keyOf={webhook => webhook.id}
        empty={
          <EmptyState title={t('webhooks.empty')}>
            {t('webhooks.emptyHint')}
          </EmptyState>
        }
      />
      {(asked?.what === 'new' || asked?.what === 'edit') && (
        <WebhookDialog
          webhook={asked.what === 'edit' ? asked.webhook : undefined}
          onDone={done}
          onClose={close}
        />
      )}
      {asked?.what === 'delete' && (
        <DeleteDialog webhook={asked.webhook} onDone={done} onClose={close} />
      )}
    </Stack>
  );
};
