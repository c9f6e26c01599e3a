import { fireEvent, screen } from '@testing-library/react';
import { dashboard, me, run } from '../../__testUtils__/answers';
import { Refusal, openHub } from '../../__testUtils__/openHub';

describe('the hub', () => {
  it('opens with what waits for me, each with the act and its object', async () => {
    openHub('', {
      'GET /dashboard': {
        ...dashboard,
        waitingForMe: [{ kind: 'execute', run, since: run.createdAt }],
      },
    });
    const link = await screen.findByRole('link', {
      name: 'Execute auth-142 on 12 targets in prd',
    });
    expect(link).toHaveAttribute('href', `/migrate-hub/runs/${run.id}`);
    expect(
      await screen.findByText('Nothing is being executed.'),
    ).toBeInTheDocument();
  });

  it('shows what goes on only with me, and what takes me as the second admin', async () => {
    const actor = { ...run.requestedBy, name: 'Ada Admin' };
    const { createdAt: since } = run;
    openHub('', {
      'GET /dashboard': {
        ...dashboard,
        waitingForMe: [
          { kind: 'continue', run, since },
          {
            kind: 'confirmBreakGlass',
            run: {
              ...run,
              breakGlass: {
                ...{ reason: 'The shop is down', requestedBy: actor },
                ...{ requestedAt: since, endsAt: since },
              },
            },
            since,
          },
        ],
        proposalsForMe: [
          {
            ...{ environment: 'prd', changes: [], proposedBy: actor, since },
            reason: 'A small team',
          },
        ],
      },
    });
    expect(await screen.findByText('Waiting for you (3)')).toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: 'Let auth-142 go on in prd' }),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: /auth-142 against the clock in prd/ }),
    ).toHaveAttribute('href', `/migrate-hub/runs/${run.id}`);
    expect(screen.getByText(/asked by Ada Admin.*shop is down/)).toBeVisible();
    expect(
      screen.getByRole('link', { name: 'Confirm a weaker policy of prd' }),
    ).toHaveAttribute('href', '/migrate-hub/admin?view=policies&policy=prd');
  });

  it('shows Admin only to those who may', async () => {
    openHub('', {
      'GET /me': { ...me, allowedActions: ['administer'] },
      'GET /dashboard': dashboard,
    });
    expect(
      await screen.findByRole('link', { name: 'Admin' }),
    ).toBeInTheDocument();
  });

  it('hides Admin from the others', async () => {
    openHub('', { 'GET /dashboard': dashboard });
    await screen.findByText('Nothing waits for you.');
    expect(screen.getByRole('link', { name: 'Runs' })).toBeInTheDocument();
    expect(
      screen.queryByRole('link', { name: 'Admin' }),
    ).not.toBeInTheDocument();
  });

  it("says the server's reason and the request id, and tries again", async () => {
    let broken = true;
    openHub('', {
      'GET /dashboard': () =>
        broken
          ? new Refusal(
              503,
              'UNAVAILABLE',
              'The hub cannot reach its database.',
            )
          : dashboard,
    });
    const [notice] = await screen.findAllByRole('alert');
    expect(notice).toHaveTextContent('The hub cannot reach its database.');
    expect(notice).toHaveTextContent('Request id: req-7');

    broken = false;
    fireEvent.click(screen.getAllByRole('button', { name: 'Try again' })[0]);
    expect(
      await screen.findByText('Nothing waits for you.'),
    ).toBeInTheDocument();
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  });

  it('offers to sign in again when the session has ended', async () => {
    const { signOut } = openHub('', {
      'GET /me': new Refusal(401, 'NOT_SIGNED_IN', 'Your session has ended.'),
    });
    fireEvent.click(
      await screen.findByRole('button', { name: 'Sign in again' }),
    );
    expect(signOut).toHaveBeenCalled();
  });

  it('says so when the server does not answer at all', async () => {
    openHub('', {
      'GET /me': () => {
        throw new TypeError('Failed to fetch');
      },
    });
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'The server cannot be reached.',
    );
  });

  it('lists its keys with ?', async () => {
    openHub('', { 'GET /dashboard': dashboard });
    await screen.findByText('Nothing waits for you.');
    fireEvent.keyDown(document.body, { key: '?' });
    expect(
      await screen.findByRole('dialog', { name: 'Keyboard' }),
    ).toHaveTextContent('Go to the search field');
  });
});
