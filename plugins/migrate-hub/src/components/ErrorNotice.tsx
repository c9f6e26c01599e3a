import { identityApiRef, useApi } from '@backstage/core-plugin-api';
import { ResponseError } from '@backstage/errors';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { migrateHubTranslationRef } from '../translation';

interface ErrorNoticeProps {
  error: Error;
  onRetry: () => void;
}

/** What happened in the server's words, what to do, and the request id to ask about. */
export const ErrorNotice = ({ error, onRetry }: ErrorNoticeProps) => {
  const { t } = useTranslationRef(migrateHubTranslationRef);
  const identity = useApi(identityApiRef);
  const answer = error instanceof ResponseError ? error : undefined;
  const ended = answer?.response.status === 401;
  const requestId = answer?.response.headers.get('X-Request-Id');

  return (
    <Alert
      severity="error"
      action={
        <Button
          color="inherit"
          size="small"
          onClick={ended ? () => identity.signOut() : onRetry}
        >
          {ended ? t('error.signInAgain') : t('error.retry')}
        </Button>
      }
    >
      {describe(error, t('error.unreachable'))}
      {requestId && (
        <Typography variant="caption" component="div">
          {t('error.requestId')}: <code>{requestId}</code>
        </Typography>
      )}
    </Alert>
  );
};

function describe(error: Error, unreachable: string): string {
  if (error instanceof ResponseError) return error.body.error.message;
  // What `fetch` throws when no answer came says nothing to a user.
  return error instanceof TypeError ? unreachable : error.message;
}
