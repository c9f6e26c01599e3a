import Box from '@mui/material/Box';
import FormControlLabel from '@mui/material/FormControlLabel';
import FormHelperText from '@mui/material/FormHelperText';
import FormLabel from '@mui/material/FormLabel';
import Radio from '@mui/material/Radio';
import RadioGroup from '@mui/material/RadioGroup';
import Typography from '@mui/material/Typography';
import {
  Migration,
  RunType,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useHub } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { EnvironmentName } from '../EnvironmentName';
import { StatusBadge, stateWithout } from '../StatusBadge';

interface EnvironmentAndTypeProps {
  migration: Migration;
  environment: string;
  onEnvironment: (name: string) => void;
  type: RunType;
  onType: (type: RunType) => void;
}

/** Where, and whether forward or back. */
export const EnvironmentAndType = (props: EnvironmentAndTypeProps) => {
  const { migration, environment, onEnvironment, type, onType } = props;
  const t = useText();
  const { environments } = useHub();
  const policy = environments.find(({ name }) => name === environment);

  return (
    <Box sx={{ display: 'flex', flexWrap: 'wrap', columnGap: 6, rowGap: 2 }}>
      <Box sx={{ flex: '1 1 280px' }}>
        <FormLabel id="request-environment">
          {t('request.environment')}
        </FormLabel>
        <RadioGroup
          row
          aria-labelledby="request-environment"
          value={environment}
          onChange={event => onEnvironment(event.target.value)}
        >
          {environments.map(({ name }) => (
            <FormControlLabel
              key={name}
              value={name}
              control={<Radio size="small" />}
              label={
                <Box
                  component="span"
                  sx={{
                    display: 'inline-flex',
                    alignItems: 'center',
                    gap: 0.5,
                  }}
                >
                  <EnvironmentName name={name} />
                  <StatusBadge
                    status={stateWithout(
                      migration.states[name] ?? 'draft',
                      name,
                    )}
                    variant="icon"
                  />
                </Box>
              }
            />
          ))}
        </RadioGroup>
        <Typography variant="body2" color="text.secondary">
          {policy?.policyText}
        </Typography>
      </Box>
      <Box>
        <FormLabel id="request-type">{t('request.type')}</FormLabel>
        <RadioGroup
          aria-labelledby="request-type"
          value={type}
          onChange={event => onType(event.target.value as RunType)}
        >
          <FormControlLabel
            value="apply"
            control={<Radio size="small" />}
            label={t('request.type.apply', {
              version: String(migration.version),
            })}
          />
          <FormControlLabel
            value="rollback"
            control={<Radio size="small" />}
            label={t('request.type.rollback')}
          />
        </RadioGroup>
        {type === 'rollback' && migration.sqlDown === undefined && (
          <FormHelperText>{t('request.noDown')}</FormHelperText>
        )}
      </Box>
    </Box>
  );
};
