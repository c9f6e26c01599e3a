import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Checkbox from '@mui/material/Checkbox';
import FormControl from '@mui/material/FormControl';
import FormControlLabel from '@mui/material/FormControlLabel';
import FormHelperText from '@mui/material/FormHelperText';
import FormLabel from '@mui/material/FormLabel';
import TextField from '@mui/material/TextField';
import {
  Webhook,
  WebhookEvent,
  webhookCreateSchema,
  webhookEventSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useRef, useState } from 'react';
import { useCommand } from '../../hooks/useCommand';
import { useHubClient } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { CopyText } from '../CopyText';
import { fieldErrors } from '../fieldErrors';
import { FormDialog } from '../FormDialog';

const FIELDS = ['url', 'events', 'secret'] as const;
type Field = (typeof FIELDS)[number];

/** So that nobody has to think one up: 32 bytes, in hex. */
const madeSecret = () =>
  [...crypto.getRandomValues(new Uint8Array(32))]
    .map(byte => byte.toString(16).padStart(2, '0'))
    .join('');

interface WebhookDialogProps {
  /** To be changed; a new one without. */
  webhook?: Webhook;
  onDone: () => void;
  onClose: () => void;
}

/** Where to, of what, and with which secret. */
export const WebhookDialog = (props: WebhookDialogProps) => {
  const { webhook, onDone, onClose } = props;
  const t = useText();
  const hub = useHubClient();
  const [url, setUrl] = useState(webhook?.url ?? 'https://');
  const [events, setEvents] = useState<WebhookEvent[]>(webhook?.events ?? []);
  const [secret, setSecret] = useState('');
  const [made, setMade] = useState(false);
  const [tried, setTried] = useState(false);
  // The same form sent again after a lost answer must not make a second one.
  const key = useRef(crypto.randomUUID());

  const command = useCommand(() =>
    webhook
      ? hub.call('updateWebhook', {
          params: { id: webhook.id },
          body: {
            ...{ expectedRevision: webhook.revision, url, events },
            secret: secret || undefined,
          },
        })
      : hub.call('createWebhook', {
          body: { url, events, secret },
          idempotencyKey: key.current,
        }),
  );
  const refused = fieldErrors(command.error, FIELDS);
  const { shape } = webhookCreateSchema;
  const wrong: Record<Field, string | undefined> = {
    url: shape.url.safeParse(url).success ? undefined : t('webhooks.urlWrong'),
    events: events.length > 0 ? undefined : t('webhooks.eventsWrong'),
    secret:
      (webhook && secret === '') || shape.secret.safeParse(secret).success
        ? undefined
        : t('webhooks.secretShort'),
  };
  const error = (field: Field) =>
    (tried ? wrong[field] : undefined) ?? refused[field];

  async function submit() {
    setTried(true);
    if (Object.values(wrong).some(Boolean)) return;
    key.current = command.error ? crypto.randomUUID() : key.current;
    if (await command.run()) onDone();
  }

  return (
    <FormDialog
      title={t(webhook ? 'webhooks.editTitle' : 'webhooks.create')}
      submit={t(webhook ? 'webhooks.save' : 'webhooks.createConfirm')}
      busy={command.busy}
      error={command.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label={t('webhooks.url')}
        value={url}
        onChange={event => setUrl(event.target.value)}
        error={error('url') !== undefined}
        helperText={error('url') ?? t('webhooks.urlHint')}
        inputProps={{ spellCheck: false, maxLength: 2000 }}
        required
      />
      <FormControl
        component="fieldset"
        error={error('events') !== undefined}
        aria-describedby="webhook-events"
      >
        <FormLabel component="legend">{t('webhooks.events')}</FormLabel>
        <Box
          sx={{
            display: 'grid',
            gridTemplateColumns: { xs: '1fr', sm: '1fr 1fr' },
          }}
        >
          {webhookEventSchema.options.map(event => (
            <FormControlLabel
              key={event}
              label={event}
              control={
                <Checkbox
                  size="small"
                  checked={events.includes(event)}
                  onChange={(_, on) =>
                    setEvents(
                      webhookEventSchema.options.filter(one =>
                        one === event ? on : events.includes(one),
                      ),
                    )
                  }
                />
              }
            />
          ))}
        </Box>
        <FormHelperText id="webhook-events" sx={{ marginX: 0 }}>
          {error('events') ?? t('webhooks.eventsHint')}
        </FormHelperText>
      </FormControl>
      <Box sx={{ display: 'flex', gap: 1, alignItems: 'flex-start' }}>
        <TextField
          label={t('webhooks.secret')}
          type="password"
          value={secret}
          onChange={event => {
            setSecret(event.target.value);
            setMade(false);
          }}
          error={error('secret') !== undefined}
          helperText={
            error('secret') ??
            t(webhook ? 'webhooks.secretKept' : 'webhooks.secretHint')
          }
          inputProps={{ autoComplete: 'new-password', maxLength: 200 }}
          required={!webhook}
          fullWidth
        />
        <Button
          onClick={() => {
            setSecret(madeSecret());
            setMade(true);
          }}
          sx={{ marginTop: 1 }}
        >
          {t('webhooks.makeSecret')}
        </Button>
      </Box>
      {made && (
        <Box role="status" sx={{ overflowWrap: 'anywhere' }}>
          <CopyText text={secret} what={t('webhooks.theSecret')} />
          <FormHelperText>{t('webhooks.madeSecret')}</FormHelperText>
        </Box>
      )}
    </FormDialog>
  );
};
