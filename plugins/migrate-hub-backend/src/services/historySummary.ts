import { AuditAction } from '@migrate-hub/backstage-plugin-migrate-hub-common';

type Payload = Record<string, unknown>;

interface Place {
  environment: string;
  /** The target, of what concerns a run item. */
  target: string;
}

const of = (count: unknown, noun: string) =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;

const because = (payload: Payload) =>
  payload.reason ?? payload.comment
    ? `: ${payload.reason ?? payload.comment}`
    : '';

const capital = (word: unknown) => {
  const text = String(word);
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
};

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** One sentence an event, for people. What is not here reads as its action. */
const sentences: Partial<
  Record<AuditAction, (payload: Payload, place: Place) => string>
> = {
  'migration.created': () => 'Created the migration',
  'migration.updated': payload =>
    `Changed ${Object.keys(payload.changes as object).join(', ')}`,
  'migration.sql_changed': payload =>
    `Changed the SQL: version ${payload.version}`,
  'migration.archived': () => 'Archived the migration',
  'migration.unarchived': () => 'Took the migration out of the archive',
  'run.requested': (payload, { environment }) =>
    `Requested ${payload.type} of version ${
      payload.version
    } in ${environment} on ${of(
      list(payload.targets).length,
      'target',
    )}${because(payload)}`,
  'run.revised': payload =>
    `The run waits for approval again: ${payload.cause}`,
  'run.approved': (payload, { environment }) =>
    `Approved in ${environment} (${payload.granted} of ${
      payload.required
    })${because(payload)}`,
  'run.denied': (payload, { environment }) =>
    `Denied in ${environment}${because(payload)}`,
  'run.execution_requested': (payload, { environment }) =>
    `Asked to execute in ${environment}${
      payload.breakGlass ? ' against the clock' : ''
    }${payload.scheduledFor ? `, to start at ${payload.scheduledFor}` : ''}`,
  'run.continued': (payload, { environment }) =>
    `${
      payload.wave
        ? `Let wave ${payload.wave} of ${payload.of} start`
        : 'Took the run over'
    } in ${environment}${because(payload)}`,
  'run.stopped': (payload, { environment }) =>
    `Stopped in ${environment} after ${of(
      payload.failed,
      'failed target',
    )}: ${of(payload.canceledItems, 'target')} not begun`,
  'run.break_glass_requested': (payload, { environment }) =>
    `Asked to start against the clock in ${environment}${because(payload)}`,
  'run.break_glass_confirmed': (payload, { environment }) =>
    `Confirmed to start against the clock in ${environment}${because(payload)}`,
  'run.started': (_, { environment }) => `Started in ${environment}`,
  'run.finished': (payload, { environment }) =>
    `Ended in ${environment}: ${payload.status}`,
  'run.cancel_requested': (payload, { environment }) =>
    `Asked to cancel in ${environment}${because(payload)}`,
  'run.canceled': (_, { environment }) => `Ended in ${environment}: canceled`,
  'run.retried': (payload, { environment }) =>
    `Retried ${of(
      list(payload.items).length,
      'target',
    )} in ${environment}${because(payload)}`,
  'run_item.finished': (payload, { environment, target }) =>
    `${capital(payload.status)} on ${target} in ${environment}${
      payload.outcome ? ` (${String(payload.outcome).replace('_', ' ')})` : ''
    }`,
  'run_item.recovered': (_, { environment, target }) =>
    `Took over ${target} in ${environment} from an executor that went silent`,
  'run_item.resolved': (payload, { environment, target }) =>
    `Resolved ${target} in ${environment}: ${String(
      payload.resolution,
    ).replaceAll('_', ' ')}${because(payload)}`,
  'approval.invalidated': payload => `Approval void: ${payload.cause}`,
  'execution.blocked': payload => {
    const [first] = list(payload.reasons) as { message?: string }[];
    return `Execution blocked: ${first?.message ?? 'the gate is closed'}`;
  },
};

/** An audit event as one sentence of a migration's history. */
export function summaryOf(event: {
  action: AuditAction;
  payload: Payload;
  entityName?: string;
  environment?: string;
}): string {
  const sentence = sentences[event.action];
  return sentence
    ? sentence(event.payload, {
        environment: event.environment ?? '',
        target: event.entityName ?? 'a target',
      })
    : event.action;
}
