import { useTranslationRef } from '@backstage/frontend-plugin-api';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { Environment } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { migrateHubTranslationRef } from '../../translation';
import { EnvironmentName } from '../EnvironmentName';

/** Each environment with its policy as a sentence. */
export const EnvironmentList = ({
  environments,
}: {
  environments: Environment[];
}) => {
  const { t } = useTranslationRef(migrateHubTranslationRef);
  if (environments.length === 0) {
    return <Typography>{t('environments.empty')}</Typography>;
  }
  return (
    <Box
      component="dl"
      sx={{
        display: 'grid',
        gridTemplateColumns: 'max-content 1fr',
        gap: 1,
        margin: 0,
      }}
    >
      {environments.map(({ name, policyText }) => (
        <Box key={name} sx={{ display: 'contents' }}>
          <Typography component="dt" fontWeight="bold">
            <EnvironmentName name={name} />
          </Typography>
          <Typography component="dd" sx={{ margin: 0 }}>
            {policyText}
          </Typography>
        </Box>
      ))}
    </Box>
  );
};
