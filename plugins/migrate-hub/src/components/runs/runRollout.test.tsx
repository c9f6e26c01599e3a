import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import {
  Run,
  RunSummary,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { aRun, actor } from '../../__testUtils__/fixtures';
import { Answers, renderPage } from '../../__testUtils__/renderPage';
import { localOf, momentText } from '../moment';
import { RunPage } from './RunPage';
import { RunsPage } from './RunsPage';

const ada = { ...actor, name: 'Ada Admin' };
const inHours = (hours: number) =>
  new Date(Date.now() + hours * 3_600_000).toISOString();
const tomorrow = inHours(24);

const open = (run: Run, answers: Answers = {}) =>
  renderPage(<RunPage />, {
    path: '/runs/:id',
    at: `/runs/${run.id}`,
    answers: { [`GET /runs/${run.id}`]: run, ...answers },
  });
const press = async (name: RegExp) =>
  fireEvent.click(await screen.findByRole('button', { name }));
const inDialog = async () => within(await screen.findByRole('dialog'));
const posted = (sent: Awaited<ReturnType<typeof open>>) =>
  sent.filter(({ method }) => method === 'POST').pop();

/** An approved run that a freeze keeps from starting. */
const frozen = (changes: Partial<Run> = {}) =>
  aRun({
    environment: 'stg',
    status: 'approved',
    opensAt: tomorrow,
    actions: [
      {
        action: 'execute',
        allowed: false,
        code: 'FROZEN',
        message: 'Nothing starts in stg: Black Friday.',
      },
      { action: 'schedule', allowed: true },
      { action: 'breakGlass', allowed: true },
      { action: 'confirmBreakGlass', allowed: false, code: 'NO_PROPOSAL' },
    ],
    ...changes,
  });

jest.setTimeout(60_000);

describe('when and how a run starts', () => {
  it('is scheduled for the next opening, in the words of the clock', async () => {
    const run = frozen();
    const sent = await open(run, { [`POST /runs/${run.id}/execute`]: run });
    expect(
      await screen.findByText(
        `By its windows and freezes it may start ${momentText(
          tomorrow,
        )} at the earliest.`,
      ),
    ).toBeInTheDocument();
    await press(/^Schedule$/);
    const dialog = await inDialog();
    expect(dialog.getByLabelText(/Start at/)).toHaveValue(localOf(tomorrow));
    fireEvent.click(dialog.getByRole('button', { name: 'Schedule' }));
    await waitFor(() => expect(posted(sent)?.body).toEqual({ at: tomorrow }));
  });

  it('says what keeps a scheduled run, and that it can still be canceled', async () => {
    await open(
      aRun({
        environment: 'stg',
        status: 'queued',
        scheduledFor: tomorrow,
        waitingFor: {
          kind: 'schedule',
          message: 'It is scheduled.',
          until: tomorrow,
        },
        actions: [
          { action: 'cancel', allowed: true },
          { action: 'continue', allowed: false, code: 'NOT_WAITING' },
        ],
      }),
    );
    expect(await screen.findByText('Waits for its time')).toBeInTheDocument();
    expect(
      screen.getByRole('button', { name: 'Cancel run' }),
    ).toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: /Let wave/ }),
    ).not.toBeInTheDocument();
  });

  it('lets the next wave start after saying on how many targets', async () => {
    const run = aRun({
      environment: 'stg',
      status: 'running',
      waitingFor: {
        kind: 'person',
        message: 'The first wave is done.',
        who: 'managers or admins',
      },
      wave: { number: 2, of: 3, targets: 20 },
      actions: [{ action: 'continue', allowed: true }],
    });
    run.itemCounts = { ...run.itemCounts, executed: 5, failed: 1 };
    const sent = await open(run, { [`POST /runs/${run.id}/continue`]: run });
    expect(await screen.findByText('Waits for a person')).toBeInTheDocument();
    await press(/^Let wave 2 start on 20 targets/);
    const dialog = await inDialog();
    expect(
      dialog.getByText(/next 20 targets.*5 executed, 1 failed/),
    ).toBeInTheDocument();
    fireEvent.change(dialog.getByLabelText('Reason'), {
      target: { value: 'The canary sings' },
    });
    fireEvent.click(dialog.getByRole('button', { name: /^Let wave 2/ }));
    await waitFor(() =>
      expect(posted(sent)?.body).toEqual({ reason: 'The canary sings' }),
    );
  });

  it('says who could let it go on, to whom it is refused', async () => {
    await open(
      aRun({
        environment: 'stg',
        status: 'running',
        waitingFor: { kind: 'adoption', message: 'Uma is disabled.' },
        actions: [
          {
            action: 'continue',
            allowed: false,
            code: 'ROLE_REQUIRED',
            message: 'Only managers take over runs.',
            who: 'managers or admins',
          },
        ],
      }),
    );
    expect(
      await screen.findByRole('button', { name: 'Take over the run' }),
    ).toHaveAccessibleDescription(/managers or admins/);
  });

  it('starts against the clock when one admin asks with a reason', async () => {
    const run = frozen();
    const sent = await open(run, { [`POST /runs/${run.id}/execute`]: run });
    await press(/^Break the glass/);
    const dialog = await inDialog();
    expect(dialog.getByText(/Black Friday.*another admin/)).toBeInTheDocument();
    const ask = dialog.getByRole('button', { name: 'Break the glass' });
    expect(ask).toBeDisabled();
    fireEvent.change(dialog.getByLabelText(/cannot|can it not wait/), {
      target: { value: 'The shop is down' },
    });
    fireEvent.click(ask);
    await waitFor(() =>
      expect(posted(sent)?.body).toEqual({
        breakGlass: { reason: 'The shop is down' },
      }),
    );
  });

  const asked: NonNullable<RunSummary['breakGlass']> = {
    reason: 'The shop is down',
    requestedBy: ada,
    requestedAt: inHours(-0.1),
    endsAt: inHours(0.9),
  };

  it('… and another confirms what both have seen', async () => {
    const run = frozen({
      breakGlass: asked,
      actions: [
        { action: 'confirmBreakGlass', allowed: true },
        { action: 'breakGlass', allowed: true },
        {
          action: 'execute',
          allowed: false,
          code: 'FROZEN',
          message: 'Nothing starts in stg: Black Friday.',
        },
      ],
    });
    const sent = await open(run, { [`POST /runs/${run.id}/break-glass`]: run });
    expect(
      await screen.findByText(/Ada Admin asks to start it against the clock/),
    ).toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: 'Break the glass' }),
    ).not.toBeInTheDocument();
    await press(/^Confirm: start against the clock/);
    const dialog = await inDialog();
    expect(dialog.getByText(/in the name of Ada Admin/)).toBeInTheDocument();
    fireEvent.click(dialog.getByRole('button', { name: /^Confirm/ }));
    await waitFor(() =>
      expect(posted(sent)?.body).toEqual({ digest: run.digest }),
    );
  });

  it('marks a broken glass and a time to come wherever runs are listed', async () => {
    const broken = {
      ...aRun({ status: 'executed' }),
      breakGlass: {
        ...asked,
        confirmedBy: actor,
        confirmedAt: asked.requestedAt,
      },
    };
    const later = {
      ...aRun({ status: 'queued', scheduledFor: tomorrow }),
      id: actor.id,
    };
    await renderPage(<RunsPage />, {
      answers: {
        'GET /runs': { items: [broken, later] },
        'GET /projects': { items: [] },
      },
    });
    expect(await screen.findByText('glass broken')).toBeInTheDocument();
    expect(
      screen.getByText(`starts ${momentText(tomorrow)}`),
    ).toBeInTheDocument();
  });
});
