import {
  Action,
  ActionName,
  Run,
  RunStatus,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useState } from 'react';
import { ActionButton } from '../ActionButton';
import { RunActDialog } from './RunActDialog';
import { glassOf } from './RunMarks';
import { RunAct, useRunWords } from './useRunWords';

/** What is worth offering in each status; the API says whether it is allowed. */
const offered: Record<RunStatus, readonly RunAct[]> = {
  awaiting_approval: ['approve', 'deny', 'execute', 'cancel'],
  approved: [
    'confirmBreakGlass',
    'execute',
    'schedule',
    'breakGlass',
    'approve',
    'deny',
    'cancel',
  ],
  queued: ['confirmBreakGlass', 'continue', 'breakGlass', 'cancel'],
  running: ['confirmBreakGlass', 'continue', 'breakGlass', 'cancel'],
  failed: ['retry'],
  canceled: ['retry'],
  denied: [],
  executed: [],
};

/** Refusals that say no more than that the moment is over, or has not come. */
const PAST: readonly (string | undefined)[] = [
  'WRONG_STATE',
  'ALREADY_DECIDED',
  'ALREADY_APPROVED',
  'NOT_WAITING',
  'BREAK_GLASS_NOT_NEEDED',
  'NO_PROPOSAL',
];

/** Refusals of `execute` that pass by themselves. */
const CLOCK: readonly (string | undefined)[] = [
  'FROZEN',
  'OUTSIDE_WINDOW',
  'TOO_EARLY',
];

const looks: Record<
  RunAct,
  { variant: 'contained' | 'outlined'; color: 'primary' | 'error' | 'inherit' }
> = {
  approve: { variant: 'contained', color: 'primary' },
  execute: { variant: 'contained', color: 'primary' },
  retry: { variant: 'contained', color: 'primary' },
  continue: { variant: 'contained', color: 'primary' },
  schedule: { variant: 'outlined', color: 'primary' },
  breakGlass: { variant: 'outlined', color: 'error' },
  confirmBreakGlass: { variant: 'contained', color: 'error' },
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

/** What is bound by what the reader has read. */
const BLIND: readonly ActionName[] = [
  'approve',
  'execute',
  'schedule',
  'breakGlass',
  'confirmBreakGlass',
];

/** Whether an act is of any interest in the state of the run, allowed or not. */
function isOffered(run: Run, act: RunAct): boolean {
  const action = find(run, act);
  if (!action) return false;
  const held = run.waitingFor?.kind;
  switch (act) {
    case 'schedule':
      return action.allowed;
    case 'continue':
      return action.allowed || held === 'person' || held === 'adoption';
    case 'breakGlass': {
      // Asked again it would take the place of what the other asked.
      if (glassOf(run) === 'asked') return false;
      const clock =
        CLOCK.includes(find(run, 'execute')?.code) ||
        held === 'freeze' ||
        held === 'window';
      return action.allowed || (clock && !PAST.includes(action.code));
    }
    case 'confirmBreakGlass':
      return (
        action.allowed ||
        (action.code === 'SECOND_ADMIN' && !run.breakGlass?.confirmedBy)
      );
    default:
      return action.allowed || !PAST.includes(action.code);
  }
}

/** What may be done with a run, each with its consequence in words. */
export const RunActions = ({ run, only, unread, onDone }: RunActionsProps) => {
  const words = useRunWords(run);
  const [asked, setAsked] = useState<RunAct>();

  const shown = (only ?? offered[run.status]).filter(act =>
    isOffered(run, act),
  );
  const subject = unread
    ? {
        actions: run.actions.map(action =>
          action.allowed && BLIND.includes(action.action)
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
