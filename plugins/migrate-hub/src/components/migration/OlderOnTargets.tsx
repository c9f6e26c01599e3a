import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import { Migration } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';

const SHOWN = 5;

/** Says where older SQL stands in the way of this version. */
export const OlderOnTargets = ({ migration }: { migration: Migration }) => {
  const t = useText();
  const { olderOnTargets } = migration;
  if (olderOnTargets.length === 0) return null;
  const rest = olderOnTargets.length - SHOWN;
  return (
    <Alert severity="warning" sx={{ marginTop: 2 }}>
      {t('migration.older')}
      <Box component="ul" sx={{ margin: 0, paddingLeft: 2.5 }}>
        {olderOnTargets.slice(0, SHOWN).map(older => (
          <li key={`${older.environment} ${older.target}`}>
            {older.version === undefined
              ? t('migration.olderOnUnknown', {
                  target: older.target,
                  environment: older.environment,
                })
              : t('migration.olderOn', {
                  target: older.target,
                  environment: older.environment,
                  version: String(older.version),
                })}
          </li>
        ))}
        {rest > 0 && <li>{t('request.more', { rest: String(rest) })}</li>}
      </Box>
    </Alert>
  );
};
