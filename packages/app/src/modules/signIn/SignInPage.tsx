import { ResponseError } from '@backstage/errors';
import {
  Progress,
  configApiRef,
  discoveryApiRef,
  useApi,
  useTranslationRef,
} from '@backstage/frontend-plugin-api';
import { SignInPageProps } from '@backstage/plugin-app-react';
import Box from '@mui/material/Box';
import Card from '@mui/material/Card';
import CardContent from '@mui/material/CardContent';
import Typography from '@mui/material/Typography';
import { useEffect, useState } from 'react';
import { LocalCredentials, LocalSession, isNotSignedIn } from './LocalSession';
import { SignInForm } from './SignInForm';
import { signInTranslationRef } from './translation';

/** Restores the session after a reload; asks for e-mail and password where there is none. */
export const SignInPage = ({ onSignInSuccess }: SignInPageProps) => {
  const discovery = useApi(discoveryApiRef);
  const config = useApi(configApiRef);
  const { t } = useTranslationRef(signInTranslationRef);
  const [resuming, setResuming] = useState(true);
  // Whether there is a session could not be found out.
  const [away, setAway] = useState(false);
  const [reason, setReason] = useState<string>();
  const app = config.getOptionalString('app.title') ?? 'migrate-hub';

  const unreachable = t('unreachable');
  useEffect(() => {
    if (!resuming) return undefined;
    let here = true;
    LocalSession.resume(discovery)
      .then(session => here && onSignInSuccess(session))
      .catch(error => {
        if (!here) return;
        if (!isNotSignedIn(error)) {
          setReason(reasonOf(error, unreachable));
          setAway(true);
        }
        setResuming(false);
      });
    return () => {
      here = false;
    };
  }, [resuming, discovery, onSignInSuccess, unreachable]);

  function tryAgain(): void {
    setReason(undefined);
    setAway(false);
    setResuming(true);
  }

  async function signIn(credentials: LocalCredentials): Promise<void> {
    setReason(undefined);
    setAway(false);
    try {
      onSignInSuccess(await LocalSession.signIn(discovery, credentials));
    } catch (error) {
      setReason(reasonOf(error, unreachable));
    }
  }

  if (resuming) return <Progress />;
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
      <Card sx={{ width: '100%', maxWidth: 400 }}>
        <CardContent sx={{ padding: 4 }}>
          <Typography variant="h5" component="h1" sx={{ marginBottom: 3 }}>
            {t('title', { app })}
          </Typography>
          <SignInForm
            reason={reason}
            onRetry={away ? tryAgain : undefined}
            onSubmit={signIn}
          />
        </CardContent>
      </Card>
    </Box>
  );
};

/** The server's own words where it answered. */
function reasonOf(error: unknown, unreachable: string): string {
  if (error instanceof ResponseError) return error.body.error.message;
  return unreachable;
}
