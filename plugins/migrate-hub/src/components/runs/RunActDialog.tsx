import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import { Run } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useState } from 'react';
import { useCommand } from '../../hooks/useCommand';
import { useHubClient } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { ConfirmDialog } from '../ConfirmDialog';
import { errorCode } from '../ErrorNotice';
import { fieldErrors } from '../fieldErrors';
import { instantOf, localOf } from '../moment';
import { MomentField } from '../MomentField';
import { RunAct, useRunWords } from './useRunWords';
import { useRunZone } from './useRunZone';

/** The opening itself, with its seconds, if that is what the field shows. */
const startOf = (typed: string, opensAt: string | undefined) =>
  opensAt !== undefined && localOf(opensAt) === typed
    ? opensAt
    : instantOf(typed);

interface RunActDialogProps {
  run: Run;
  act: RunAct;
  onDone: () => void;
  /** The server knows a newer state: read it. */
  onStale: () => void;
  onClose: () => void;
}

/** Asks before something is done with a run, and does it. */
export const RunActDialog = (props: RunActDialogProps) => {
  const { run, act, onDone, onStale, onClose } = props;
  const t = useText();
  const hub = useHubClient();
  const words = useRunWords(run);
  const { timeZone } = useRunZone(run);
  const [without, setWithout] = useState(false);
  const [at, setAt] = useState(() =>
    run.opensAt === undefined ? '' : localOf(run.opensAt),
  );
  const disabledTargets = run.blockers.some(({ code }) => code === 'DISABLED');
  const skipDisabledTargets = without || undefined;

  const command = useCommand(async (comment: string | undefined) => {
    const params = { id: run.id };
    const reason = { reason: comment };
    switch (act) {
      case 'approve':
      case 'deny': {
        const body = { decision: act, digest: run.digest, comment };
        await hub.call('decideRun', { params, body });
        break;
      }
      case 'execute': {
        const body = { skipDisabledTargets };
        await hub.call('executeRun', { params, body });
        break;
      }
      case 'schedule': {
        const body = { skipDisabledTargets, at: startOf(at, run.opensAt) };
        await hub.call('executeRun', { params, body });
        break;
      }
      case 'breakGlass': {
        const body = { breakGlass: { reason: comment ?? '' } };
        await hub.call('executeRun', { params, body });
        break;
      }
      case 'confirmBreakGlass': {
        const body = { digest: run.digest };
        await hub.call('confirmBreakGlass', { params, body });
        break;
      }
      case 'continue':
        await hub.call('continueRun', { params, body: reason });
        break;
      case 'cancel':
        await hub.call('cancelRun', { params, body: reason });
        break;
      default:
        await hub.call('retryRun', { params, body: reason });
    }
    return true;
  });

  async function confirm(comment: string | undefined) {
    if (await command.run(comment)) onDone();
  }
  function close() {
    // The page below then shows what changed.
    if (errorCode(command.error) === 'STALE_DIGEST') onStale();
    onClose();
  }

  return (
    <ConfirmDialog
      open
      title={words.title(act)}
      consequence={words.consequence(act)}
      confirm={words.label(act)}
      color={words.isGrave(act) ? 'error' : 'primary'}
      typeToConfirm={words.nameToType(act)}
      comment={words.comment(act)}
      busy={command.busy}
      error={command.error}
      onConfirm={confirm}
      onClose={close}
    >
      {act === 'schedule' && (
        <MomentField
          label={t('rolloutActs.at')}
          value={at}
          onChange={setAt}
          timeZone={timeZone}
          error={fieldErrors(command.error, ['at']).at}
          hint={t('rolloutActs.atHint')}
          margin="normal"
          required
        />
      )}
      {(act === 'execute' || act === 'schedule') && disabledTargets && (
        <FormControlLabel
          control={
            <Checkbox
              checked={without}
              onChange={event => setWithout(event.target.checked)}
            />
          }
          label={t('runActs.executeWithoutLabel')}
        />
      )}
    </ConfirmDialog>
  );
};
