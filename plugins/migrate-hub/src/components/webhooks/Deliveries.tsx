import Box from '@mui/material/Box';
import { WebhookDelivery } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { Mono } from '../CopyText';
import { RelativeTime } from '../RelativeTime';
import { Tone, toneColor } from '../tones';

const tones: Record<WebhookDelivery['status'], Tone> = {
  waiting: 'amber',
  delivered: 'green',
  failed: 'red',
};

/** Whether it was told, and if not, what came back. */
export const DeliveryStatus = ({ delivery }: { delivery: WebhookDelivery }) => {
  const t = useText();
  const { status, statusCode, error, finishedAt, createdAt } = delivery;
  return (
    <>
      <Box
        component="span"
        sx={{ color: toneColor(tones[status]), fontWeight: 500 }}
      >
        {t(`delivery.status.${status}`)}
      </Box>{' '}
      <RelativeTime at={finishedAt ?? createdAt} />
      {status !== 'delivered' && (statusCode || error) && (
        <> · {error ?? t('delivery.code', { code: String(statusCode) })}</>
      )}
    </>
  );
};

/** The last deliveries of a webhook, newest first. */
export const Deliveries = (props: { deliveries: WebhookDelivery[] }) => {
  const t = useText();
  return (
    <Box
      component="ul"
      sx={{ margin: 0, paddingLeft: 2, fontSize: '0.8125rem' }}
    >
      {props.deliveries.map(delivery => {
        const { id, event, attempts, nextAttemptAt, statusCode } = delivery;
        return (
          <li key={id}>
            <Mono>{event}</Mono> <DeliveryStatus delivery={delivery} />
            {delivery.status === 'delivered' &&
              statusCode !== undefined &&
              ` · ${t('delivery.code', { code: String(statusCode) })}`}
            {attempts > 1 &&
              ` · ${t('delivery.attempts', {
                attempts: String(attempts),
              })}`}
            {nextAttemptAt && attempts > 0 && (
              <>
                {' · '}
                {t('delivery.next')} <RelativeTime at={nextAttemptAt} />
              </>
            )}
          </li>
        );
      })}
    </Box>
  );
};
