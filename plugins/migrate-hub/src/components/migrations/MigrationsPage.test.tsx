import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { summary } from '../../__testUtils__/answers';
import { openHub } from '../../__testUtils__/openHub';

const searchFor = (text: string) =>
  fireEvent.change(screen.getByRole('searchbox', { name: 'Search' }), {
    target: { value: text },
  });

describe('the list of migrations', () => {
  it('shows where each change stands, with the way it has come', async () => {
    openHub('/migrations', { 'GET /migrations': { items: [summary] } });
    const table = within(
      await screen.findByRole('table', { name: 'Migrations' }),
    );
    const headers = table.getAllByRole('columnheader');
    expect(headers.map(header => header.textContent)).toEqual([
      'Key',
      'Jira',
      'daily',
      'stg',
      'prd',
      'Updated',
    ]);
    const [, row] = table.getAllByRole('row');
    expect(row).toHaveTextContent('executed2 of 3');
    expect(row).toHaveTextContent('approved');
    expect(row).toHaveTextContent('auth · Add sessions index');
    expect(row).toHaveTextContent('2 hours ago');
  });

  it('does not call approved what failed there', async () => {
    const prd = { executed: 0, total: 1, failed: true };
    openHub('/migrations', {
      'GET /migrations': {
        items: [
          {
            ...summary,
            states: { ...summary.states, prd: 'approved_prd' },
            stateCounts: { ...summary.stateCounts, prd },
          },
        ],
      },
    });
    await screen.findByText('auth-142');
    expect(screen.getByText('failed')).toBeInTheDocument();
    expect(screen.queryByText('approved')).not.toBeInTheDocument();
  });

  it('takes its filters from the address, and keeps them there', async () => {
    const { asked } = openHub(
      '/migrations?project=auth&environment=prd&state=approved',
      { 'GET /migrations': { items: [summary] } },
    );
    await screen.findByRole('table', { name: 'Migrations' });
    expect(asked.map(({ call }) => call)).toContain(
      'GET /migrations?project=auth&limit=50&state=approved&environment=prd&archived=false',
    );

    searchFor('sessions');
    await waitFor(() =>
      expect(screen.getByTestId('address')).toHaveTextContent(
        'project=auth&environment=prd&state=approved&q=sessions',
      ),
    );
    await waitFor(() =>
      expect(asked.some(({ call }) => call.includes('q=sessions'))).toBe(true),
    );

    fireEvent.click(screen.getByRole('button', { name: 'Clear filters' }));
    await waitFor(() =>
      expect(screen.getByTestId('address').textContent).toMatch(
        /\/migrations\??$/,
      ),
    );
  });

  it('pages on the server, forth and back', async () => {
    openHub('/migrations', {
      'GET /migrations?limit=50&archived=false': {
        items: [summary],
        nextCursor: 'c2',
      },
      'GET /migrations?cursor=c2&limit=50&archived=false': {
        items: [{ ...summary, id: 'other', key: 'auth-141' }],
      },
    });
    await screen.findByText('auth-142');
    fireEvent.click(screen.getByRole('button', { name: 'Next' }));
    expect(await screen.findByText('auth-141')).toBeInTheDocument();
    expect(screen.getByText('Page 2')).toBeInTheDocument();
    fireEvent.click(screen.getByRole('button', { name: 'Previous' }));
    expect(await screen.findByText('auth-142')).toBeInTheDocument();
  });

  it('shows nobody the page of what stands before the server', async () => {
    openHub('/migrations', {
      'GET /migrations': () =>
        new Response('<html><body>nginx</body></html>', {
          status: 502,
          statusText: 'Bad Gateway',
        }),
    });
    expect(
      await screen.findByText(
        'The server could not answer (502 Bad Gateway). Try again in a moment.',
      ),
    ).toBeInTheDocument();
  });

  it('teaches the next step where there is nothing yet', async () => {
    openHub('/migrations', { 'GET /migrations': { items: [] } });
    expect(await screen.findByText('No migrations yet')).toBeInTheDocument();
  });

  it('says so when only the filters find nothing', async () => {
    openHub('/migrations?q=nothing', { 'GET /migrations': { items: [] } });
    expect(
      await screen.findByText('No migration matches these filters'),
    ).toBeInTheDocument();
  });
});
