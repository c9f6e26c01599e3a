import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import {
  Environment,
  Run,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { environmentsWithLive } from '../../__testUtils__/answers';
import { aRun, runItem } from '../../__testUtils__/fixtures';
import { Answers, Refusal, renderPage } from '../../__testUtils__/renderPage';
import { RunPage } from './RunPage';

const open = (run: Run, answers: Answers = {}, environments?: Environment[]) =>
  renderPage(<RunPage />, {
    path: '/runs/:id',
    at: `/runs/${run.id}`,
    answers: { [`GET /runs/${run.id}`]: run, ...answers },
    environments,
  });
const button = (name: RegExp) => screen.findByRole('button', { name });

jest.setTimeout(60_000);

describe('the page of a run', () => {
  // What the browser would measure: room for about twenty rows.
  beforeEach(() => {
    const prototype = HTMLElement.prototype;
    jest.spyOn(prototype, 'clientHeight', 'get').mockReturnValue(800);
    jest.spyOn(prototype, 'offsetHeight', 'get').mockReturnValue(40);
  });
  afterEach(() => jest.restoreAllMocks());

  it('is approved with the digest that was shown, and in prd after typing the key', async () => {
    const run = aRun();
    const sent = await open(run, {
      [`POST /runs/${run.id}/approvals`]: {},
    });
    fireEvent.click(await button(/Approve 1 target in prd/));
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByText(/Nothing runs yet/)).toBeInTheDocument();
    const approve = dialog.getByRole('button', { name: /Approve 1 target/ });
    expect(approve).toBeDisabled();

    fireEvent.change(dialog.getByLabelText(/Type “auth-142”/), {
      target: { value: 'auth-142' },
    });
    fireEvent.click(approve);
    await waitFor(() =>
      expect(sent).toContainEqual({
        method: 'POST',
        path: `/runs/${run.id}/approvals`,
        body: { decision: 'approve', digest: run.digest },
      }),
    );
    await waitFor(() =>
      expect(screen.queryByRole('dialog')).not.toBeInTheDocument(),
    );
  });

  it.each([
    ['live', true],
    ['test', false],
  ])(
    'asks in %s for the key only where it is protected',
    async (environment, asks) => {
      const item = {
        ...runItem(1),
        status: 'failed' as const,
        outcome: 'unknown' as const,
        allowedResolutions: ['mark_applied' as const],
      };
      const run = aRun({ environment, items: [item] });
      run.actions.push({ action: 'resolve', allowed: true });
      run.allowedActions.push('resolve');
      await open(run, {}, environmentsWithLive);
      const keys = async () =>
        within(await screen.findByRole('dialog')).queryAllByLabelText(
          /Type “auth-142”/,
        ).length;
      const count = asks ? 1 : 0;
      fireEvent.click(await button(/Approve 1 target/));
      expect(await keys()).toBe(count);
      fireEvent.click(screen.getByRole('button', { name: 'Go back' }));
      await waitFor(() =>
        expect(screen.queryByRole('dialog')).not.toBeInTheDocument(),
      );
      fireEvent.click(await button(/Resolve auth_1/));
      expect(await keys()).toBe(count);
    },
  );

  it('is denied only with a comment', async () => {
    const run = aRun();
    const sent = await open(run, { [`POST /runs/${run.id}/approvals`]: {} });
    fireEvent.click(await button(/^Deny$/));
    const dialog = within(await screen.findByRole('dialog'));
    const deny = dialog.getByRole('button', { name: 'Deny' });
    expect(deny).toBeDisabled();
    fireEvent.change(dialog.getByLabelText(/Why\?/), {
      target: { value: 'It locks the table.' },
    });
    fireEvent.click(deny);
    await waitFor(() =>
      expect(sent.find(({ method }) => method === 'POST')?.body).toEqual({
        decision: 'deny',
        digest: run.digest,
        comment: 'It locks the table.',
      }),
    );
  });

  it('says why it cannot be executed, and who could help', async () => {
    await open(aRun());
    const execute = await button(/Execute on 1 target in prd/);
    expect(execute).toHaveAttribute('aria-disabled', 'true');
    expect(execute).toHaveAccessibleDescription(
      /needs 1 approval.*managers or admins/,
    );
  });

  it('shows what changed when the approval comes too late', async () => {
    const run = aRun({ environment: 'stg' });
    let now = run;
    await open(run, {
      [`GET /runs/${run.id}`]: () => now,
      [`POST /runs/${run.id}/approvals`]: () => {
        now = {
          ...run,
          digest: 'e'.repeat(64),
          version: 3,
          binding: { ...run.binding, version: 3, lockTimeoutSeconds: 60 },
        };
        return new Refusal(409, {
          code: 'STALE_DIGEST',
          message: 'This run changed.',
        });
      },
    });
    fireEvent.click(await button(/Approve 1 target/));
    const dialog = within(await screen.findByRole('dialog'));
    fireEvent.click(dialog.getByRole('button', { name: /Approve 1 target/ }));
    expect(await dialog.findByText('This run changed.')).toBeInTheDocument();
    fireEvent.click(dialog.getByRole('button', { name: 'Go back' }));

    expect(
      await screen.findByText(
        'This run changed since you opened it',
        {},
        { timeout: 5000 },
      ),
    ).toBeInTheDocument();
    expect(
      screen.getByText(/lockTimeoutSeconds: 30 is now 60/),
    ).toBeInTheDocument();
    expect(await button(/Approve 1 target/)).toHaveAttribute('aria-disabled');
    fireEvent.click(await button(/I have read the change/));
    expect(await button(/Approve 1 target/)).not.toHaveAttribute(
      'aria-disabled',
    );
  });

  it('shows 1,000 targets without 1,000 rows, and finds the one that failed', async () => {
    const items = Array.from({ length: 1000 }, (_, index) => runItem(index));
    items[777] = {
      ...items[777],
      status: 'failed',
      outcome: 'not_applied',
      error: {
        code: 'STATEMENT_FAILED',
        sqlState: '42P01',
        statementIndex: 0,
        line: 3,
        message: 'relation "nowhere" does not exist',
      },
    };
    const page = (from: number) => ({
      items: items.slice(from, from + 200),
      nextCursor: from + 200 < 1000 ? String(from + 200) : undefined,
    });
    const run = aRun({ status: 'failed', items: items.slice(0, 200) });
    run.itemCounts = { ...run.itemCounts, total: 1000, failed: 1 };
    await open(run, {
      [`GET /runs/${run.id}/items`]: (query: URLSearchParams) =>
        page(Number(query.get('cursor') ?? 0)),
    });
    const table = await screen.findByRole('table', { name: 'Targets' });
    expect(table).toHaveAttribute('aria-rowcount', '1001');
    const rows = within(table).getAllByRole('row').length;
    expect(rows).toBeGreaterThan(5);
    expect(rows).toBeLessThan(60);

    fireEvent.click(await button(/^Failed 1$/));
    // What failed is open from the start.
    expect(screen.getByText(/Statement 1, line 3/)).toBeInTheDocument();
    expect(
      screen.getByText('Nothing was applied on this target.'),
    ).toBeInTheDocument();
  });

  it('is resolved by a person where the outcome is unknown', async () => {
    const item = {
      ...runItem(1),
      status: 'failed' as const,
      outcome: 'unknown' as const,
      allowedResolutions: ['mark_applied' as const, 'resume' as const],
    };
    const run = aRun({
      environment: 'stg',
      status: 'failed',
      items: [item],
      actions: [{ action: 'resolve', allowed: true }],
      allowedActions: ['resolve'],
    });
    const sent = await open(run, {
      [`POST /run-items/${item.id}/resolution`]: item,
    });
    fireEvent.click(await button(/Resolve auth_1/));
    const dialog = within(await screen.findByRole('dialog'));
    expect(
      dialog.getByRole('button', { name: 'Choose what is true' }),
    ).toBeDisabled();
    fireEvent.click(dialog.getByLabelText(/Go on where it stopped/));
    for (const one of ['redo', 'skip']) {
      expect(dialog.getByDisplayValue(one)).not.toBeChecked();
    }
    expect(
      dialog.getByRole('button', {
        name: 'Say if that statement was done',
      }),
    ).toBeDisabled();
    fireEvent.click(dialog.getByLabelText(/was done: skip it/));
    fireEvent.change(dialog.getByLabelText(/How do you know/), {
      target: { value: 'The index is there.' },
    });
    fireEvent.click(
      dialog.getByRole('button', { name: 'Go on where it stopped' }),
    );
    await waitFor(() =>
      expect(sent.find(({ method }) => method === 'POST')?.body).toEqual({
        resolution: 'resume',
        doubtful: 'skip',
        reason: 'The index is there.',
      }),
    );
  });
});
