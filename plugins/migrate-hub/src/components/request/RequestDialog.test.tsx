import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import {
  environments,
  environmentsWithLive,
  migration,
  run,
} from '../../__testUtils__/answers';
import { Refusal, openHub } from '../../__testUtils__/openHub';
import { instantOf, localOf, momentText } from '../moment';

const path = `/migrations/${migration.id}`;
const opensAt = new Date(Date.now() + 24 * 3_600_000).toISOString();
const set = {
  id: 'set-1',
  name: 'auth_daily',
  engines: ['postgres'],
  targetCounts: { total: 1, enabled: 1, failing: 0 },
};
const target = {
  id: 'target-1',
  name: 'auth_daily_1',
  dbSet: { id: 'set-1', name: 'auth_daily' },
  engine: 'postgres',
};

jest.setTimeout(60_000);

it('says when the environment opens, and asks for a run not before a time', async () => {
  const [daily, ...others] = environments;
  const timeZone = 'Pacific/Kiritimati';
  const windows = [{ days: ['mon'], from: '09:00', to: '17:00', timeZone }];
  let answer: unknown = new Refusal(
    409,
    'OPEN_RUN',
    'There is an open run already.',
  );
  const { asked } = openHub(path, {
    [`GET ${path}`]: { ...migration, states: {} },
    'GET /environments': [
      { ...daily, opensAt, policy: { ...daily.policy, windows } },
      ...others,
    ],
    'GET /db-sets': { items: [set] },
    'GET /db-targets': { items: [target] },
    [`POST ${path}/runs/preview`]: {
      targets: [
        {
          target: { ...target, host: 'db', port: 5432, database: 'auth' },
          history: 'none',
        },
      ],
      approvalsRequired: 1,
      blockers: [],
    },
    [`POST ${path}/runs`]: () => answer,
    [`GET /runs/${run.id}`]: new Refusal(404, 'NOT_FOUND', 'Gone.'),
  });
  fireEvent.click(await screen.findByRole('button', { name: 'Request run' }));
  const dialog = within(await screen.findByRole('dialog'));
  expect(
    await dialog.findByText(
      `Nothing starts in daily now, by its windows and freezes. It opens ${momentText(
        opensAt,
        timeZone,
      )}.`,
    ),
  ).toBeInTheDocument();

  const notBefore = localOf(opensAt);
  const field = dialog.getByLabelText('Not before');
  fireEvent.change(field, { target: { value: notBefore } });
  expect(field).toHaveAccessibleDescription(
    expect.stringContaining(momentText(instantOf(notBefore)!, timeZone)),
  );
  const request = dialog.getByRole('button', { name: /^Request run on 1/ });
  await waitFor(() => expect(request).toBeEnabled());
  fireEvent.click(request);
  expect(await dialog.findByText(/open run already/)).toBeInTheDocument();
  answer = run;
  fireEvent.click(request);
  await waitFor(() =>
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument(),
  );
  expect(
    asked.filter(({ call }) => call === `POST ${path}/runs`).pop(),
  ).toEqual(
    expect.objectContaining({
      body: expect.objectContaining({ notBefore: instantOf(notBefore) }),
    }),
  );
});

it('opens with the next environment that does not have it, and marks a protected one', async () => {
  openHub(path, {
    [`GET ${path}`]: { ...migration, states: { daily: 'executed_daily' } },
    'GET /db-targets': { items: [] },
  });
  fireEvent.click(await screen.findByRole('button', { name: 'Request run' }));
  const dialog = within(await screen.findByRole('dialog'));
  expect(dialog.getByRole('radio', { name: /^stg/ })).toBeChecked();
  await dialog.findByText(/no DB set in stg/);
  const request = () => dialog.getByRole('button', { name: /^Request run on/ });
  expect(request()).toHaveTextContent('in stg');
  expect(request()).not.toHaveClass('v5-MuiButton-containedError');

  fireEvent.click(dialog.getByRole('radio', { name: /^prd/ }));
  await dialog.findByText(/no DB set in prd/);
  expect(request()).toHaveTextContent('in prd');
  expect(request()).toHaveClass('v5-MuiButton-containedError');
  const edge = { borderLeftStyle: 'solid' };
  expect(dialog.getByText('prd')).toHaveStyle(edge);
  expect(dialog.getByText('stg')).not.toHaveStyle(edge);
});

it('marks a protected environment by any name', async () => {
  openHub(path, {
    [`GET ${path}`]: { ...migration, states: { test: 'executed_test' } },
    'GET /environments': environmentsWithLive,
    'GET /db-targets': { items: [] },
  });
  fireEvent.click(await screen.findByRole('button', { name: 'Request run' }));
  const dialog = within(await screen.findByRole('dialog'));
  expect(dialog.getByRole('radio', { name: /^live/ })).toBeChecked();
  await dialog.findByText(/no DB set in live/);
  const request = () => dialog.getByRole('button', { name: /^Request run on/ });
  expect(request()).toHaveClass('v5-MuiButton-containedError');

  fireEvent.click(dialog.getByRole('radio', { name: /^test/ }));
  await dialog.findByText(/no DB set in test/);
  expect(request()).not.toHaveClass('v5-MuiButton-containedError');
});
