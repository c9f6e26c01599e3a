import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { migration, run } from '../../__testUtils__/answers';
import { Answers, openHub } from '../../__testUtils__/openHub';

const path = `/migrations/${migration.id}`;
const answers: Answers = {
  [`GET ${path}`]: migration,
  'GET /runs': { items: [run] },
  'POST /migrations/analyze': {
    statements: [
      {
        index: 0,
        line: 1,
        text: migration.sqlUp,
        kind: 'CREATE INDEX',
        transactional: 'yes',
      },
    ],
    problems: [
      {
        code: 'LOCKS_TABLE',
        severity: 'warning',
        line: 1,
        message: 'It locks the table.',
      },
    ],
    effectiveMode: 'single_transaction',
  },
};

describe('the page of a migration', () => {
  it('shows the way through the environments and the one next action', async () => {
    openHub(path, answers);
    const pipeline = await screen.findByRole('region', {
      name: 'The way through the environments',
    });
    const stages = within(pipeline).getAllByRole('listitem');
    expect(stages.map(stage => stage.textContent)).toEqual([
      expect.stringContaining('dailyexecuted1 of 1'),
      expect.stringContaining('stgexecuted2 of 3'),
      expect.stringContaining('prdapproved'),
    ]);

    fireEvent.click(
      await within(pipeline).findByRole('button', { name: 'Execute in prd' }),
    );
    await waitFor(() =>
      expect(screen.getByTestId('address')).toHaveTextContent(
        `/migrate-hub/runs/${run.id}`,
      ),
    );
  });

  it('shows how the SQL runs, with the warning at its line', async () => {
    openHub(path, answers);
    expect(
      await screen.findByText(/1 statement\. All of it in one transaction/),
    ).toBeInTheDocument();
    expect(screen.getByText(/Warning, line 1/)).toBeInTheDocument();
    expect(
      screen.getByText('no down script: it cannot be rolled back'),
    ).toBeInTheDocument();
  });

  it('says why something cannot be done, and who could', async () => {
    openHub(path, {
      ...answers,
      [`GET ${path}`]: {
        ...migration,
        actions: [
          {
            action: 'edit',
            allowed: false,
            message: 'Only managers change what somebody else created.',
            who: 'its author, managers or admins',
          },
        ],
        allowedActions: [],
      },
    });
    const edit = await screen.findByRole('button', { name: 'Edit' });
    expect(edit).toHaveAttribute('aria-disabled', 'true');
    expect(edit).toHaveAccessibleDescription(
      'Only managers change what somebody else created. Who can: its author, managers or admins.',
    );
    fireEvent.click(edit);
    expect(screen.getByTestId('address')).toHaveTextContent(path);
    expect(
      screen.queryByRole('button', { name: 'Request run' }),
    ).not.toBeInTheDocument();
  });

  it('keeps the open tab in the address', async () => {
    openHub(path, { ...answers, [`GET ${path}/history`]: { items: [] } });
    fireEvent.click(await screen.findByRole('tab', { name: 'History' }));
    expect(
      await screen.findByText('Nothing has happened yet.'),
    ).toBeInTheDocument();
    expect(screen.getByTestId('address')).toHaveTextContent('tab=history');
  });

  it('shows what a request would do, and why it is not possible, before the click', async () => {
    const set = {
      id: 'set-1',
      name: 'auth_prd',
      engines: ['postgres'],
      targetCounts: { total: 1, enabled: 1, failing: 0 },
    };
    const target = {
      id: 'target-1',
      name: 'auth_prd_1',
      dbSet: { id: 'set-1', name: 'auth_prd' },
      engine: 'postgres',
    };
    openHub(path, {
      ...answers,
      'GET /db-sets': { items: [set] },
      'GET /db-targets': { items: [target] },
      [`POST ${path}/runs/preview`]: {
        targets: [
          {
            target: { ...target, host: 'db', port: 5432, database: 'auth' },
            history: 'same',
          },
        ],
        approvalsRequired: 1,
        blockers: [
          {
            action: 'request',
            code: 'OPEN_RUN',
            message: 'There is an open run already.',
          },
        ],
      },
    });
    fireEvent.click(await screen.findByRole('button', { name: 'Request run' }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(
      await dialog.findByText('There is an open run already.'),
    ).toBeInTheDocument();
    expect(
      dialog.getByText('has it already: will be skipped'),
    ).toBeInTheDocument();
    expect(
      dialog.getByRole('button', { name: 'Request run on 1 target in prd' }),
    ).toBeDisabled();
  });
});
