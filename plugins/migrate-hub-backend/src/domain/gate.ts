import { RunStatus } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { personRefusal, Principal, roleRefusal, rolesRefusal } from './caller';
import {
  clockRefusal,
  commonRefusals,
  disabledTargetsRefusal,
  expiryRefusal,
  GateFacts,
  leaveOutRefusal,
  notBeforeRefusal,
  present,
  scheduleRefusal,
} from './gateChecks';
import { isRefusal, Refusal } from './refusal';
import { rolesText } from './roles';
import { mayRetry } from './runStates';
import { RunItemRecord, UserRecord } from './types';

export type { GateFacts } from './gateChecks';

/** Input of {@link executeRefusals}. */
export interface ExecuteInput extends GateFacts {
  caller: UserRecord;
  viaPlugin?: string;
  allowedPlugins?: readonly string[];
  /** The caller confirmed to execute without the targets that are disabled. */
  skipDisabledTargets?: boolean;
  /** When it is to start; absent for now. */
  startAt?: Date;
}

/** Input of {@link retryRefusals}. */
export interface RetryInput extends ExecuteInput {
  /** All items of the run. */
  items: readonly Pick<RunItemRecord, 'id' | 'status' | 'outcome'>[];
}

/** Input of {@link claimRefusals}. */
export interface ClaimInput extends GateFacts {
  /** `run.executedBy`, as the user row says now. */
  executingPerson: UserRecord | undefined;
}

function callerRefusal(input: ExecuteInput, act: string): Refusal | undefined {
  const principal: Principal = {
    user: input.caller,
    viaPlugin: input.viaPlugin,
    allowedPlugins: input.allowedPlugins,
  };
  const where = `${act} runs in ${input.run.environment}`;
  const refusal =
    personRefusal(principal, where) ??
    rolesRefusal(input.caller, input.policy.executeRoles, where);
  if (refusal || !input.requester.disabled) return refusal;
  return roleRefusal(
    input.caller,
    'manager',
    `${act} this run, because its requester has been disabled`,
  );
}

function wrongState(status: RunStatus, message: string): Refusal {
  return { code: 'WRONG_STATE', message, details: { status } };
}

/** Of states that no `execute` leaves: nothing else matters then. */
const notExecutable: Partial<Record<RunStatus, string>> = {
  denied: 'This run was denied. Request a new run to ask again.',
  queued: 'This run is queued already.',
  running: 'This run is running already.',
  executed:
    'This run has been executed and its approval is used up. Request a new run to run it again.',
  failed:
    'This run has failed. Retry it, or request a new run if the SQL has to change.',
  canceled: 'This run was canceled. Retry it, or request a new run.',
};

/**
 * Everything that stands between a run and `execute`, the caller's own part
 * first. An empty list opens the gate.
 *
 * @remarks
 * A run that is finished, denied or under way gives only the reasons that
 * matter then: its state, and who the caller is.
 */
export function executeRefusals(input: ExecuteInput): Refusal[] {
  const { run, revision, migration } = input;
  const caller = callerRefusal(input, 'execute');
  const closed = notExecutable[run.status];
  if (closed) return present([caller, wrongState(run.status, closed)]);

  const common = commonRefusals(input);
  const startAt = input.startAt ?? input.now;
  const refusals = present([
    caller,
    ...common,
    leaveOutRefusal(input, input),
    expiryRefusal(input, startAt),
    notBeforeRefusal(input, startAt) ?? clockRefusal(input, startAt),
  ]);
  if (
    run.status === 'awaiting_approval' &&
    !common.some(({ code }) => code === 'NOT_APPROVED')
  ) {
    refusals.push({
      code: 'NOT_APPROVED',
      message: 'This run is waiting for approval.',
      who: rolesText(input.policy.approveRoles),
    });
  }
  if (run.type === 'apply' && migration.version !== revision.version) {
    refusals.push({
      code: 'STALE_VERSION',
      message: `The approval is for version ${revision.version}, the migration is at version ${migration.version}. It has to be approved again.`,
    });
  }
  return refusals;
}

/** Everything that stands between a failed or canceled run and `retry`. */
export function retryRefusals(input: RetryInput): Refusal[] {
  const { run, revision, migration } = input;
  const caller = callerRefusal(input, 'retry');
  if (run.status !== 'failed' && run.status !== 'canceled') {
    const state = wrongState(
      run.status,
      `Only a failed or canceled run can be retried; this one is ${run.status.replace(
        '_',
        ' ',
      )}.`,
    );
    return present([caller, state]);
  }
  const edited = run.type === 'apply' && migration.version !== revision.version;
  const items = mayRetry(input.items);
  return present([
    caller,
    edited ? superseded(input) : undefined,
    isRefusal(items) ? items : undefined,
    ...commonRefusals(input),
    leaveOutRefusal(input, input),
    clockRefusal(input, input.now),
  ]);
}

/** Everything that stands between an unfinished item and going on with it: the whole gate. */
export function resumeRefusals(input: ExecuteInput): Refusal[] {
  const { run, revision, migration } = input;
  const open = run.status === 'queued' || run.status === 'running';
  const caller = callerRefusal(input, 'resume');
  if (run.status !== 'failed' && !open) {
    const text = `This run is ${run.status.replace(
      '_',
      ' ',
    )}; nothing of it goes on.`;
    return present([caller, wrongState(run.status, text)]);
  }
  const canceled = open && run.cancelRequestedAt;
  return present([
    caller,
    canceled
      ? wrongState(run.status, 'This run is being canceled.')
      : undefined,
    run.type === 'apply' && migration.version !== revision.version
      ? superseded(input)
      : undefined,
    ...commonRefusals(input),
    disabledTargetsRefusal(input),
    clockRefusal(input, input.now),
  ]);
}

function superseded({ revision, migration }: GateFacts): Refusal {
  return {
    code: 'SUPERSEDED',
    message: `This run is bound to version ${revision.version}; the migration has been edited and is at version ${migration.version}. Request a new run.`,
  };
}

function executingPersonRefusal(input: ClaimInput): Refusal | undefined {
  const { run, policy, executingPerson, requester } = input;
  if (!executingPerson || executingPerson.id !== run.executedBy) {
    return {
      code: 'WRONG_STATE',
      message: 'Nobody has asked for the execution of this run.',
    };
  }
  const adopt = 'A manager has to take the run over.';
  if (executingPerson.disabled) {
    return {
      code: 'USER_DISABLED',
      message: `Whoever executed this run has been disabled. ${adopt}`,
      who: 'managers or admins',
    };
  }
  if (
    executingPerson.kind === 'service' ||
    !policy.executeRoles.includes(executingPerson.role)
  ) {
    return {
      code: 'ROLE_REQUIRED',
      message: `Whoever executed this run may not execute in ${run.environment} any more. ${adopt}`,
      who: rolesText(policy.executeRoles),
    };
  }
  // An `execute` after the disabling was a manager's: the run is adopted.
  const disabledSince =
    !run.queuedAt ||
    !requester.disabledAt ||
    requester.disabledAt.getTime() >= run.queuedAt.getTime();
  if (requester.disabled && disabledSince) {
    return {
      code: 'USER_DISABLED',
      message: `The requester of this run has been disabled. ${adopt}`,
      who: 'managers or admins',
    };
  }
  return undefined;
}

/**
 * Everything that stands between an item of a run and a worker. An empty list
 * lets the worker go on; otherwise nothing more is claimed, what runs finishes,
 * and the run stays open where that can pass (`holdOfRefusals`).
 */
export function claimRefusals(input: ClaimInput): Refusal[] {
  const { run } = input;
  if (run.status !== 'queued' && run.status !== 'running') {
    return [
      wrongState(
        run.status,
        `This run is ${run.status.replace('_', ' ')}, not queued or running.`,
      ),
    ];
  }
  if (run.cancelRequestedAt) {
    return [wrongState(run.status, 'This run is being canceled.')];
  }
  return present([
    executingPersonRefusal(input),
    ...commonRefusals(input),
    disabledTargetsRefusal(input),
    scheduleRefusal(input) ??
      notBeforeRefusal(input, input.now) ??
      clockRefusal(input, input.now),
  ]);
}
