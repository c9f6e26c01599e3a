import CancelOutlined from '@mui/icons-material/CancelOutlined';
import CheckCircleOutline from '@mui/icons-material/CheckCircleOutline';
import WarningAmber from '@mui/icons-material/WarningAmber';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import {
  ConnectionCheck,
  ConnectionTest,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { durationText } from '../Duration';
import { toneColor } from '../tones';

const looks = {
  passed: { Icon: CheckCircleOutline, tone: 'green' },
  warned: { Icon: WarningAmber, tone: 'amber' },
  notPassed: { Icon: CancelOutlined, tone: 'red' },
} as const;

function lookOf({ ok, warning }: ConnectionCheck): keyof typeof looks {
  if (!ok) return 'notPassed';
  return warning ? 'warned' : 'passed';
}

export const CheckList = ({ checks }: { checks: ConnectionCheck[] }) => {
  const t = useText();
  return (
    <Box component="ul" sx={{ listStyle: 'none', margin: 0, padding: 0 }}>
      {checks.map(check => {
        const { name, message } = check;
        const look = lookOf(check);
        const { Icon, tone } = looks[look];
        return (
          <Box
            component="li"
            key={name}
            sx={{ display: 'flex', gap: 1, marginTop: 0.75 }}
          >
            <Box
              component="span"
              sx={{ color: toneColor(tone), lineHeight: 1 }}
            >
              <Icon
                fontSize="small"
                titleAccess={t(`dbTest.${look}`)}
              />
            </Box>
            <Typography variant="body2" component="div">
              <strong>{t(`dbTest.check.${name}`)}</strong>: {message}
            </Typography>
          </Box>
        );
      })}
    </Box>
  );
};

/** What a connection test found, check by check, with advice where one failed. */
export const ConnectionResult = ({ result }: { result: ConnectionTest }) => {
  const t = useText();
  return (
    <Box role="status">
      <Typography
        sx={{ color: toneColor(result.ok ? 'green' : 'red'), fontWeight: 600 }}
      >
        {t(result.ok ? 'dbTest.ok' : 'dbTest.failed')}
      </Typography>
      {result.serverVersion && (
        <Typography variant="body2" color="text.secondary">
          {t('dbTest.version', {
            version: result.serverVersion,
            latency: durationText(result.latencyMs),
          })}
        </Typography>
      )}
      <CheckList checks={result.checks} />
    </Box>
  );
};
