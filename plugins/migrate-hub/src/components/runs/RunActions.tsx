import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import {
  Action,
  ActionName,
  Run,
  RunStatus,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useState } from 'react';
import { useCommand } from '../../hooks/useCommand';
import { useHubClient } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { ActionButton } from '../ActionButton';
import { ConfirmDialog } from '../ConfirmDialog';
import { errorCode } from '../ErrorNotice';
import { RunAct, useRunWords } from './useRunWords';

/** What is worth offering in each status; the API says whether it is allowed. */
const offered: Record<RunStatus, readonly RunAct[]> = {
  awaiting_approval: ['approve', 'deny', 'execute', 'cancel'],
  approved: ['execute', 'approve', 'deny', 'cancel'],
  queued: ['cancel'],
  running: ['cancel'],
  failed: ['retry'],
  canceled: ['retry'],
  denied: [],
  executed: [],
};

/** Refusals that say no more than that the moment is over. */
const PAST = ['WRONG_STATE', 'ALREADY_DECIDED', 'ALREADY_APPROVED'];

const looks: Record<
  RunAct,
  { variant: 'contained' | 'outlined'; color: 'primary' | 'error' | 'inherit' }
> = {
  approve: { variant: 'contained', color: 'primary' },
  execute: { variant: 'contained', color: 'primary' },
  retry: { variant: 'contained', color: 'primary' },
  deny: { variant: 'outlined', color: 'error' },
  cancel: { variant: 'outlined', color: 'inherit' },
};

interface RunActionsProps {
  /** As the reader has seen it: its digest is approved. */
  run: Run;
  /** Only these, in this order, rather than what the status suggests. */
  only?: readonly RunAct[];
  /** It changed and the reader has not confirmed it: neither approve nor execute. */
  unread?: string;
  onDone: () => void;
}

const find = (run: Run, name: ActionName): Action | undefined =>
  run.actions.find(({ action }) => action === name);

interface RunActDialogProps {
  run: Run;
  act: RunAct;
  onDone: () => void;
  /** The server knows a newer state: read it. */
  onStale: () => void;
  onClose: () => void;
}

const RunActDialog = (props: RunActDialogProps) => {
  const { run, act, onDone, onStale, onClose } = props;
  const t = useText();
  const hub = useHubClient();
  const words = useRunWords(run);
  const [without, setWithout] = useState(false);
  const disabledTargets = run.blockers.some(({ code }) => code === 'DISABLED');

  const command = useCommand(async (comment: string | undefined) => {
    const params = { id: run.id };
    switch (act) {
      case 'approve':
      case 'deny': {
        const body = { decision: act, digest: run.digest, comment };
        await hub.call('decideRun', { params, body });
        break;
      }
      case 'execute': {
        const body = without ? { skipDisabledTargets: true } : {};
        await hub.call('executeRun', { params, body });
        break;
      }
      case 'cancel':
        await hub.call('cancelRun', { params, body: { reason: comment } });
        break;
      default:
        await hub.call('retryRun', { params, body: { reason: comment } });
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
      color={act === 'deny' || act === 'cancel' ? 'error' : 'primary'}
      typeToConfirm={words.nameToType(act)}
      comment={words.comment(act)}
      busy={command.busy}
      error={command.error}
      onConfirm={confirm}
      onClose={close}
    >
      {act === 'execute' && disabledTargets && (
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

/** What may be done with a run, each with its consequence in words. */
export const RunActions = ({ run, only, unread, onDone }: RunActionsProps) => {
  const words = useRunWords(run);
  const [asked, setAsked] = useState<RunAct>();

  const shown = (only ?? offered[run.status]).filter(act => {
    const action = find(run, act);
    return action && (action.allowed || !PAST.includes(action.code ?? ''));
  });
  const subject = unread
    ? {
        actions: run.actions.map(action =>
          action.allowed && ['approve', 'execute'].includes(action.action)
            ? { ...action, allowed: false, message: unread }
            : action,
        ),
      }
    : run;

  return (
    <>
      {shown.map(act => (
        <ActionButton
          key={act}
          action={act}
          of={subject}
          onClick={() => setAsked(act)}
          {...looks[act]}
        >
          {words.label(act)}
        </ActionButton>
      ))}
      {asked && (
        <RunActDialog
          key={asked}
          run={run}
          act={asked}
          onDone={() => {
            setAsked(undefined);
            onDone();
          }}
          onStale={onDone}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  );
};
