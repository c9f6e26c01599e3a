import {
  Progress,
  configApiRef,
  discoveryApiRef,
  useApi,
  useTranslationRef,
} from '@backstage/frontend-plugin-api';
import { SignInPageProps } from '@backstage/plugin-app-react';
import { SignInOptions } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Card from '@mui/material/Card';
import CardContent from '@mui/material/CardContent';
import Divider from '@mui/material/Divider';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { useEffect, useMemo, useState } from 'react';
import {
  LocalCredentials,
  PortalSession,
  googleStartUrl,
  mustChangePassword,
  reasonOf,
  resumeSession,
} from './PortalSession';
import { readRefusal } from './refusals';
import { SignInForm } from './SignInForm';
import { signInTranslationRef } from './translation';

/** What is tried while the person waits, and what it came to. */
type State =
  | { step: 'resuming' }
  /** Which ways are open could not be found out: try again. */
  | { step: 'away'; reason: string }
  | { step: 'asking'; options: SignInOptions; reason?: string };

/** Restores the session after a reload; offers the ways in that are open where there is none. */
export const SignInPage = ({ onSignInSuccess }: SignInPageProps) => {
  const discovery = useApi(discoveryApiRef);
  const config = useApi(configApiRef);
  const { t } = useTranslationRef(signInTranslationRef);
  const [state, setState] = useState<State>({ step: 'resuming' });
  const [mustChange, setMustChange] = useState(false);
  const app = config.getOptionalString('app.title') ?? 'migrate-hub';
  const environment =
    config.getOptionalString('auth.environment') ?? 'development';
  const server = useMemo(
    () => ({ discovery, environment }),
    [discovery, environment],
  );

  const unreachable = t('unreachable');
  const resuming = state.step === 'resuming';
  useEffect(() => {
    if (!resuming) return undefined;
    let here = true;
    resumeSession(server)
      .then(({ session, options }) => {
        if (!here) return;
        if (session) onSignInSuccess(session);
        else setState({ step: 'asking', options });
      })
      .catch(error => {
        if (!here) return;
        setState({ step: 'away', reason: reasonOf(error, unreachable) });
      });
    return () => {
      here = false;
    };
  }, [resuming, server, onSignInSuccess, unreachable]);

  if (state.step === 'resuming') return <Progress />;
  const asking = state.step === 'asking' ? state : undefined;
  const refusal = readRefusal(window.location.search);
  const message = asking?.options.message;

  async function signIn(credentials: LocalCredentials): Promise<void> {
    if (!asking) return;
    setState({ ...asking, reason: undefined });
    try {
      onSignInSuccess(await PortalSession.signIn(server, credentials));
    } catch (error) {
      const once = mustChangePassword(error);
      if (once) setMustChange(true);
      setState({
        ...asking,
        reason: once ? t('mustChange') : reasonOf(error, unreachable),
      });
    }
  }

  async function goToGoogle(): Promise<void> {
    // Back to the page that was asked for, without the refusal of before.
    const back = new URL(window.location.href);
    back.searchParams.delete('error');
    window.location.assign(await googleStartUrl(server, back.href));
  }

  const reason =
    state.reason ?? (refusal && asking ? t(`refused.${refusal}`) : undefined);
  return (
    <Box
      component="main"
      sx={{
        minHeight: '100vh',
        display: 'flex',
        alignItems: 'center',
        justifyContent: 'center',
        padding: 2,
      }}
    >
      <Card
        sx={{
          width: '100%',
          maxWidth: 400,
          // As on the pages behind it.
          '& button': { textTransform: 'none' },
        }}
      >
        <CardContent sx={{ padding: 4 }}>
          <Typography variant="h5" component="h1" sx={{ marginBottom: 3 }}>
            {t('title', { app })}
          </Typography>
          <Stack spacing={2}>
            {reason && (
              <Alert
                severity="error"
                action={
                  !asking && (
                    <Button
                      color="inherit"
                      size="small"
                      onClick={() => setState({ step: 'resuming' })}
                    >
                      {t('retry')}
                    </Button>
                  )
                }
              >
                {reason}
              </Alert>
            )}
            {asking?.options.google && (
              <Button variant="contained" onClick={goToGoogle}>
                {t('google')}
              </Button>
            )}
            {asking?.options.google && asking.options.local && (
              <Divider>{t('or')}</Divider>
            )}
            {asking?.options.local && (
              <SignInForm mustChange={mustChange} onSubmit={signIn} />
            )}
            {asking && !asking.options.google && !asking.options.local && (
              <Alert severity="warning">{t('nothingOpen')}</Alert>
            )}
            {message && (
              <Typography variant="body2" color="text.secondary">
                {message}
              </Typography>
            )}
          </Stack>
        </CardContent>
      </Card>
    </Box>
  );
};
