import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { Webhook } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { Mono } from '../CopyText';
import { Column } from '../PagedTable';
import { toneColor } from '../tones';
import { Deliveries, DeliveryStatus } from './Deliveries';

/** What can be done with a webhook. */
export type WebhookAct = 'edit' | 'test' | 'switch' | 'delete';

interface ColumnOptions {
  t: ReturnType<typeof useText>;
  ask: (act: WebhookAct, webhook: Webhook) => void;
}

const Acts = ({ webhook, t, ask }: ColumnOptions & { webhook: Webhook }) => {
  const { url, disabled } = webhook;
  const acts: [WebhookAct, string, string][] = [
    ['edit', t('webhooks.edit'), t('webhooks.editOf', { url })],
    disabled
      ? ['switch', t('webhooks.enable'), t('webhooks.enableOf', { url })]
      : ['switch', t('webhooks.disable'), t('webhooks.disableOf', { url })],
    ['delete', t('webhooks.delete'), t('webhooks.deleteOf', { url })],
  ];
  if (!disabled) {
    acts.unshift(['test', t('webhooks.test'), t('webhooks.testOf', { url })]);
  }
  return (
    <>
      {acts.map(([act, label, name]) => (
        <Button
          key={act}
          size="small"
          color={act === 'delete' ? 'error' : 'primary'}
          aria-label={name}
          onClick={() => ask(act, webhook)}
        >
          {label}
        </Button>
      ))}
    </>
  );
};

/** Where it goes, of what it tells, how it went last. */
export const webhookColumns = (options: ColumnOptions): Column<Webhook>[] => {
  const { t } = options;
  return [
    {
      id: 'url',
      header: t('webhooks.url'),
      rowHeader: true,
      cell: ({ url, disabled }) => (
        <Box sx={{ overflowWrap: 'anywhere', minWidth: 200 }}>
          <Mono>{url}</Mono>
          {disabled && (
            <Typography
              variant="caption"
              component="div"
              sx={{ color: toneColor('amber') }}
            >
              {t('webhooks.disabled')}
            </Typography>
          )}
        </Box>
      ),
    },
    {
      id: 'events',
      header: t('webhooks.events'),
      cell: ({ events }) => events.join(', '),
    },
    {
      id: 'last',
      header: t('webhooks.last'),
      cell: webhook => {
        const [last] = webhook.lastDeliveries;
        if (!last) return t('webhooks.never');
        return (
          <Box component="details" sx={{ minWidth: 180 }}>
            <Box
              component="summary"
              aria-label={t('webhooks.more', { url: webhook.url })}
              sx={{ cursor: 'pointer', whiteSpace: 'nowrap' }}
            >
              <DeliveryStatus delivery={last} />
            </Box>
            <Deliveries deliveries={webhook.lastDeliveries} />
          </Box>
        );
      },
    },
    {
      id: 'actions',
      header: t('webhooks.actions'),
      noWrap: true,
      cell: webhook => <Acts {...options} webhook={webhook} />,
    },
  ];
};
