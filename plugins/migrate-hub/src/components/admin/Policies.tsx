import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { useHub } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { EnvironmentName } from '../EnvironmentName';

/** The rules of each environment, as sentences. */
export const Policies = () => {
  const t = useText();
  const { environments } = useHub();
  return (
    <Stack spacing={2} maxWidth="80ch">
      <Typography variant="body2" color="text.secondary">
        {t('admin.policiesHint')}
      </Typography>
      {environments.map(({ name, policyText }) => (
        <div key={name}>
          <Typography component="h3" fontWeight={600}>
            <EnvironmentName name={name} />
          </Typography>
          <Typography>{policyText}</Typography>
        </div>
      ))}
    </Stack>
  );
};
