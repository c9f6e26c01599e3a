import { identityApiRef, useApi } from '@backstage/core-plugin-api';
import { ResponseError } from '@backstage/errors';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { Text, useText } from '../hooks/useText';
import { CopyText } from './CopyText';

/** The `error.code` of the API's answer, if it was one. */
export const errorCode = (error: Error | undefined): string | undefined => {
  if (!(error instanceof ResponseError)) return undefined;
  const { code } = error.body.error;
  return typeof code === 'string' ? code : undefined;
};

interface ErrorNoticeProps {
  error: Error;
  /** Without it there is nothing to try again: the user's own button does. */
  onRetry?: () => void;
}

/** What happened in the server's words, what to do, and the request id to ask about. */
export const ErrorNotice = ({ error, onRetry }: ErrorNoticeProps) => {
  const t = useText();
  const identity = useApi(identityApiRef);
  const answer = error instanceof ResponseError ? error : undefined;
  const ended = answer?.response.status === 401;
  const requestId = answer?.response.headers.get('X-Request-Id');
  const action = ended ? () => identity.signOut() : onRetry;

  return (
    <Alert
      severity="error"
      action={
        action && (
          <Button color="inherit" size="small" onClick={action}>
            {ended ? t('error.signInAgain') : t('error.retry')}
          </Button>
        )
      }
    >
      {describe(error, t)}
      {requestId && (
        <Box sx={{ fontSize: '0.75rem' }}>
          {t('error.requestId')}:{' '}
          <CopyText text={requestId} what={t('error.requestId')} />
        </Box>
      )}
    </Alert>
  );
};

function describe(error: Error, t: Text): string {
  if (error instanceof ResponseError) {
    const { status, statusText } = error.response;
    // Not the hub's words, but those of what stands before it: a page, often.
    return status >= 500 && !errorCode(error)
      ? t('error.away', { status: `${status} ${statusText}`.trim() })
      : error.body.error.message;
  }
  // What `fetch` throws when no answer came says nothing to a user.
  return error instanceof TypeError ? t('error.unreachable') : error.message;
}
