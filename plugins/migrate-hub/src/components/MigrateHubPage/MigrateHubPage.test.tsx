import { identityApiRef } from '@backstage/core-plugin-api';
import {
  TestApiProvider,
  mockApis,
  renderInTestApp,
} from '@backstage/frontend-test-utils';
import {
  RunSummary,
  routes,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { fireEvent, screen, within } from '@testing-library/react';
import { createMigrateHubClient, migrateHubApiRef } from '../../api';
import { MigrateHubPage } from './MigrateHubPage';

const actor = {
  id: '01936d5c-0000-7000-8000-000000000001',
  email: 'user@example.com',
  name: 'Uma User',
};
const at = new Date(Date.now() - 2 * 3_600_000).toISOString();
const policy = {
  requestRoles: ['user'],
  approveRoles: ['manager'],
  executeRoles: ['user'],
  resolveRoles: ['manager'],
  approvalsRequired: 1,
  selfApproval: false,
  lockTimeoutSeconds: 30,
  statementTimeoutSeconds: 900,
  parallelism: 8,
};
const counts = {
  total: 3,
  queued: 1,
  running: 1,
  executed: 1,
  skipped: 0,
  failed: 0,
  canceled: 0,
  unknown: 0,
};
const run: RunSummary = {
  id: '01936d5c-0000-7000-8000-000000000003',
  migration: {
    id: '01936d5c-0000-7000-8000-000000000002',
    key: 'auth-142',
    name: 'Add sessions index',
    project: 'auth',
  },
  version: 1,
  environment: 'stg',
  engine: 'postgres',
  type: 'apply',
  status: 'running',
  requestedBy: actor,
  itemCounts: counts,
  createdAt: at,
};

const answers = {
  '/me': {
    user: {
      id: actor.id,
      entityRef: 'user:default/u-1',
      email: actor.email,
      name: actor.name,
      role: 'manager',
      kind: 'person',
      provider: 'local',
      disabled: false,
      revision: 1,
      createdAt: at,
    },
    actions: [],
    allowedActions: [],
  },
  '/environments': [
    { name: 'stg', policy, policyText: 'In stg: 1 approval.' },
    { name: 'prd', policy, policyText: 'In prd: 2 approvals.' },
  ],
  '/migrations?limit=50': {
    items: [
      {
        id: run.migration.id,
        project: 'auth',
        key: 'auth-142',
        name: 'Add sessions index',
        version: 1,
        revision: 1,
        checksumUp: '0'.repeat(64),
        transactionMode: 'auto',
        archived: false,
        states: { stg: 'executed_stg', prd: 'awaiting_approve_prd' },
        stateCounts: {
          stg: { executed: 3, total: 3 },
          prd: { executed: 1, total: 3 },
        },
        createdBy: actor,
        createdAt: at,
        updatedBy: actor,
        updatedAt: at,
      },
    ],
  },
  '/runs?status=queued&status=running&limit=20': { items: [run] },
  '/runs?limit=10': {
    items: [
      {
        ...run,
        status: 'failed',
        type: 'rollback',
        itemCounts: { ...counts, unknown: 1 },
      },
    ],
  },
};
const none = {
  ...answers,
  '/environments': [],
  '/migrations?limit=50': { items: [] },
  '/runs?status=queued&status=running&limit=20': { items: [] },
  '/runs?limit=10': { items: [] },
};

type Answer = (path: string) => Response | Promise<Response>;

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json', 'X-Request-Id': 'req-7' },
  });
const from =
  (table: Record<string, unknown>): Answer =>
  path =>
    json(table[path]);
const refusal = (status: number, message: string) =>
  json(
    {
      error: { name: 'Error', message },
      request: { method: 'GET', url: '/' },
      response: { statusCode: status },
    },
    status,
  );

/** The page with its real client, in front of a server that answers so. */
function open(answer: Answer) {
  const identity = mockApis.identity();
  const signOut = jest.spyOn(identity, 'signOut').mockResolvedValue();
  const client = createMigrateHubClient({
    discoveryApi: { getBaseUrl: async () => 'http://hub/api/migrate-hub' },
    fetchApi: {
      fetch: async input =>
        answer(String(input).replace('http://hub/api/migrate-hub/v1', '')),
    },
  });
  renderInTestApp(
    <TestApiProvider
      apis={[
        [migrateHubApiRef, client],
        [identityApiRef, identity],
      ]}
    >
      <MigrateHubPage />
    </TestApiProvider>,
  );
  return { signOut };
}

const section = (name: string) => screen.findByRole('region', { name });

describe('the page of the hub', () => {
  it('is tested with answers of the contract', () => {
    const parse = (
      schema: { safeParse(value: unknown): { success: boolean } },
      value: unknown,
    ) => expect(schema.safeParse(value)).toMatchObject({ success: true });
    parse(routes.getMe.response, answers['/me']);
    parse(routes.listEnvironments.response, answers['/environments']);
    parse(routes.listMigrations.response, answers['/migrations?limit=50']);
    parse(routes.listRuns.response, answers['/runs?limit=10']);
  });

  it('shows who I am, the rules, and where each change stands', async () => {
    open(from(answers));

    const you = within(await section('You'));
    expect(await you.findByText('manager')).toBeInTheDocument();
    expect(you.getByText('user@example.com')).toBeInTheDocument();

    const environments = within(await section('Environments'));
    expect(
      await environments.findByText('In prd: 2 approvals.'),
    ).toBeInTheDocument();

    const table = within(
      await screen.findByRole('table', { name: 'Migrations' }),
    );
    const headers = table.getAllByRole('columnheader');
    expect(headers.map(header => header.textContent)).toEqual([
      'Key',
      'Name',
      'Project',
      'stg',
      'prd',
      'Updated',
    ]);
    const [, row] = table.getAllByRole('row');
    expect(row).toHaveTextContent('auth-142');
    expect(row).toHaveTextContent('executed');
    expect(row).toHaveTextContent('awaiting approval1 of 3');
    expect(row).toHaveTextContent('2 hours ago');

    const active = await section('In progress');
    expect(active).toHaveTextContent('running');
    expect(active).toHaveTextContent('1 of 3');
    const recent = await section('Recent runs');
    expect(recent).toHaveTextContent('auth-142 roll back');
    expect(recent).toHaveTextContent('1 unknown');
  });

  it('shows placeholders while it loads', async () => {
    open(() => new Promise<Response>(() => {}));
    expect(await section('Migrations')).toHaveAttribute('aria-busy', 'true');
    expect(screen.getAllByTestId('loading')).toHaveLength(5);
  });

  it('teaches the next step where there is nothing yet', async () => {
    open(from(none));
    expect(await screen.findByText(/^No migrations yet/)).toBeInTheDocument();
    expect(await screen.findByText(/^No runs yet/)).toBeInTheDocument();
    expect(
      await screen.findByText('Nothing is being executed.'),
    ).toBeInTheDocument();
  });

  it("says the server's reason and the request id, and tries again", async () => {
    let broken = true;
    open(path =>
      broken && path === '/migrations?limit=50'
        ? refusal(503, 'The hub cannot reach its database.')
        : from(answers)(path),
    );

    const migrations = within(await section('Migrations'));
    const notice = await migrations.findByRole('alert');
    expect(notice).toHaveTextContent('The hub cannot reach its database.');
    expect(notice).toHaveTextContent('Request id: req-7');
    expect(await screen.findByText('manager')).toBeInTheDocument();

    broken = false;
    fireEvent.click(migrations.getByRole('button', { name: 'Try again' }));
    expect(await migrations.findByText('auth-142')).toBeInTheDocument();
    expect(migrations.queryByRole('alert')).not.toBeInTheDocument();
  });

  it('offers to sign in again when the session has ended', async () => {
    const { signOut } = open(() =>
      refusal(401, 'Your session has ended. Sign in again.'),
    );
    const you = within(await section('You'));
    expect(await you.findByRole('alert')).toHaveTextContent(
      'Your session has ended.',
    );
    fireEvent.click(you.getByRole('button', { name: 'Sign in again' }));
    expect(signOut).toHaveBeenCalled();
  });

  it('says so when the server does not answer at all', async () => {
    open(() => Promise.reject(new TypeError('Failed to fetch')));
    const you = within(await section('You'));
    expect(await you.findByRole('alert')).toHaveTextContent(
      'The server cannot be reached.',
    );
  });
});
