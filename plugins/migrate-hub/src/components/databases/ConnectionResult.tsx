import CancelOutlined from '@mui/icons-material/CancelOutlined';
import CheckCircleOutline from '@mui/icons-material/CheckCircleOutline';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import {
  ConnectionCheck,
  ConnectionTest,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { durationText } from '../Duration';
import { toneColor } from '../tones';

function lookOf({ ok, warning }: Pick<ConnectionCheck, 'ok' | 'warning'>) {
  if (!ok) return { tone: 'red', word: 'dbTest.notPassed' } as const;
  return warning
    ? ({ tone: 'amber', word: 'dbTest.passedWithWarning' } as const)
    : ({ tone: 'green', word: 'dbTest.passed' } as const);
}

export const CheckList = ({ checks }: { checks: ConnectionCheck[] }) => {
  const t = useText();
  return (
    <Box component="ul" sx={{ listStyle: 'none', margin: 0, padding: 0 }}>
      {checks.map(({ name, ok, warning, message }) => {
        const { tone, word } = lookOf({ ok, warning });
        const Icon = ok ? CheckCircleOutline : CancelOutlined;
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
              <Icon fontSize="small" titleAccess={t(word)} />
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
