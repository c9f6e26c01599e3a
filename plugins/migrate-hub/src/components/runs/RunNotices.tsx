import Alert, { AlertColor } from '@mui/material/Alert';
import AlertTitle from '@mui/material/AlertTitle';
import Box from '@mui/material/Box';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import {
  HoldKind,
  Run,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { toneColor } from '../tones';
import { glassOf } from './RunMarks';
import { useRunZone } from './useRunZone';

/** Holds that pass by themselves; the others take somebody. */
const PASSING: readonly HoldKind[] = [
  'schedule',
  'window',
  'freeze',
  'wave',
  'soak',
];

/** Their sentences say which wave it is. */
const NAMES_WAVE: readonly HoldKind[] = ['wave', 'soak', 'person'];

/** More boxes than that say nothing. */
const MOST_BOXES = 30;

const Glass = ({ run }: { run: Run }) => {
  const t = useText();
  const { moment } = useRunZone(run);
  const { breakGlass } = run;
  const glass = glassOf(run);
  if (!breakGlass || !glass) return null;
  const { reason, requestedBy, confirmedBy, endsAt } = breakGlass;
  const name = requestedBy.name;
  if (confirmedBy) {
    const over = Date.parse(endsAt) < Date.now() || run.finishedAt;
    return (
      <Alert severity="error">
        {t(over ? 'glass.over' : 'glass.broken', {
          ...{ first: name, second: confirmedBy.name },
          ...{ reason, at: moment(endsAt) },
        })}
      </Alert>
    );
  }
  return (
    <Alert severity={glass === 'asked' ? 'error' : 'info'}>
      {t(glass === 'asked' ? 'glass.asked' : 'glass.lapsed', {
        ...{ name, reason, at: moment(endsAt) },
      })}
    </Alert>
  );
};

interface WavesProps {
  wave: NonNullable<Run['wave']>;
  /** What stands beside it says already which wave it is. */
  said: boolean;
}

const Waves = ({ wave, said }: WavesProps) => {
  const t = useText();
  const { number, of } = wave;
  if (of < 2) return null;
  return (
    <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, marginTop: 0.5 }}>
      {!said && (
        <Typography variant="body2" component="span">
          {t('wave.now', {
            ...{ number: String(number), of: String(of) },
            targets: t('runActs.targets', { count: wave.targets }),
          })}
        </Typography>
      )}
      {of <= MOST_BOXES && (
        <Box
          aria-hidden
          sx={{ display: 'flex', alignItems: 'center', gap: 0.5 }}
        >
          {Array.from({ length: of }, (_, index) => (
            <Box
              key={index}
              sx={{
                width: 24,
                height: 8,
                borderRadius: 1,
                border: '1px solid',
                borderColor: toneColor(index < number - 1 ? 'green' : 'blue'),
                backgroundColor:
                  index < number - 1 ? toneColor('green') : 'transparent',
              }}
            />
          ))}
        </Box>
      )}
    </Box>
  );
};

const Hold = ({ run }: { run: Run }) => {
  const t = useText();
  const { moment } = useRunZone(run);
  const { waitingFor, wave } = run;
  if (!waitingFor) {
    return wave && wave.of > 1 ? (
      <Alert severity="info">
        <Waves wave={wave} said={false} />
      </Alert>
    ) : null;
  }
  const { kind, message, until, who } = waitingFor;
  const severity: AlertColor = PASSING.includes(kind) ? 'info' : 'warning';
  return (
    <Alert severity={severity}>
      <AlertTitle>{t(`hold.${kind}`)}</AlertTitle>
      {message}
      {until && !message.includes(moment(until)) && (
        <> {t('hold.until', { at: moment(until) })}</>
      )}
      {who && <> {t('action.who', { who })}</>}
      {wave && <Waves wave={wave} said={NAMES_WAVE.includes(kind)} />}
    </Alert>
  );
};

/** When it may start, of one that does not wait for that yet. */
const Clock = ({ run }: { run: Run }) => {
  const t = useText();
  const { moment } = useRunZone(run);
  const { status, opensAt, notBefore } = run;
  if (status !== 'awaiting_approval' && status !== 'approved') return null;
  const later =
    notBefore && Date.parse(notBefore) > Date.now() ? notBefore : undefined;
  const closed = opensAt && opensAt !== later ? opensAt : undefined;
  if (!later && !closed) return null;
  return (
    <Alert severity="info">
      {later &&
        t(status === 'approved' ? 'clock.notBefore' : 'clock.notBeforeAsked', {
          at: moment(later),
        })}{' '}
      {closed && t('clock.opens', { at: moment(closed) })}
    </Alert>
  );
};

/** Why it does not start, when it does, and who let it start nevertheless. */
export const RunNotices = ({ run }: { run: Run }) => (
  <Stack spacing={1} sx={{ marginBottom: 2, '&:empty': { display: 'none' } }}>
    <Glass run={run} />
    <Hold run={run} />
    <Clock run={run} />
  </Stack>
);
