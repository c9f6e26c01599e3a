import { Link } from '@backstage/core-components';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { EnvironmentPreview } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Load } from '../../hooks/useLoad';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { ErrorNotice } from '../ErrorNotice';
import { Panel } from '../Section';
import { PolicyChanges } from './PolicyChanges';

interface PolicyPreviewProps {
  load: Load<EnvironmentPreview | undefined>;
  /** The draft is a policy. */
  valid: boolean;
}

/** What saving would do, before it is done. */
export const PolicyPreview = ({ load, valid }: PolicyPreviewProps) => {
  const t = useText();
  const { value, error, loading, reload } = load;
  return (
    <Panel title={t('policyForm.preview')} busy={loading}>
      <Stack spacing={1.5} aria-live="polite">
        {error && <ErrorNotice error={error} onRetry={reload} />}
        {!valid && (
          <Typography variant="body2">{t('policyForm.incomplete')}</Typography>
        )}
        {valid && value && <Preview preview={value} />}
      </Stack>
    </Panel>
  );
};

function Preview({ preview }: { preview: EnvironmentPreview }) {
  const t = useText();
  const paths = useHubPaths();
  const { changes, needsSecondAdmin, belowFloor, losingApproval } = preview;
  if (changes.length === 0) {
    return <Typography variant="body2">{t('policyForm.nothing')}</Typography>;
  }
  return (
    <>
      {belowFloor.length > 0 && (
        <Alert severity="error">
          <b>{t('policyForm.belowFloor')}</b>
          <Box component="ul" sx={{ margin: 0, paddingLeft: 2.5 }}>
            {belowFloor.map(({ field, message }) => (
              <li key={field}>{message}</li>
            ))}
          </Box>
        </Alert>
      )}
      {needsSecondAdmin && (
        <Alert severity="warning">{t('policyForm.second')}</Alert>
      )}
      <PolicyChanges changes={changes} />
      {losingApproval.length === 0 ? (
        <Typography variant="body2" color="text.secondary">
          {t('policyForm.losingNone')}
        </Typography>
      ) : (
        <div>
          <Typography variant="body2" fontWeight={600}>
            {t('policyForm.losing', { count: losingApproval.length })}
          </Typography>
          <Box
            component="ul"
            sx={{ margin: 0, paddingLeft: 2.5, fontSize: '0.875rem' }}
          >
            {losingApproval.map(({ id, text }) => (
              <li key={id}>
                <Link to={paths.run(id)}>{text}</Link>
              </li>
            ))}
          </Box>
        </div>
      )}
    </>
  );
}
