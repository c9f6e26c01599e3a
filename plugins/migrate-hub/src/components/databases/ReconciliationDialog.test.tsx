import { fireEvent, screen, within } from '@testing-library/react';
import {
  DbSet,
  DbTarget,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { actor, at } from '../../__testUtils__/fixtures';
import { renderPage } from '../../__testUtils__/renderPage';
import { TargetTable } from './TargetTable';

jest.setTimeout(60_000);

const common = {
  disabled: false,
  revision: 1,
  createdBy: actor,
  createdAt: at,
  updatedAt: at,
  allowedActions: [],
};
const dbSet: DbSet = {
  ...common,
  id: '01936d5c-0000-7000-8000-000000000004',
  project: 'auth',
  environment: 'stg',
  name: 'auth_stg',
  targetCounts: { total: 1, enabled: 1, failing: 0 },
  engines: ['postgres'],
  actions: [],
};
const target: DbTarget = {
  ...common,
  id: '01936d5c-0000-7000-8000-000000000005',
  dbSet,
  name: 'main',
  engine: 'postgres',
  host: 'db-1',
  port: 5432,
  database: 'auth',
  username: 'hub',
  hasPassword: true,
  tls: { mode: 'verify-full' },
  historyTable: 'migrations',
  reconciliation: { at, lost: 1, foreign: 0 },
  actions: [{ action: 'test', allowed: true }],
};

describe('the record in a target', () => {
  it('shows what the hub and the target disagree on, and compares again', async () => {
    let lost = [
      {
        id: '01936d5c-0000-7000-8000-000000000006',
        migrationKey: 'add-items',
        kind: 'lost',
        reason: 'missing',
        firstSeenAt: at,
      },
    ];
    await renderPage(
      <TargetTable
        dbSet={dbSet}
        shown="all"
        edition={0}
        onChanged={() => {}}
      />,
      {
        answers: {
          'GET /db-targets': { items: [target] },
          [`GET /db-targets/${target.id}/reconciliation`]: () => ({
            items: lost,
          }),
          [`POST /db-targets/${target.id}/reconcile`]: () => {
            lost = [];
            return { at, lost: 0, foreign: 0, trail: 'The chain was cut.' };
          },
        },
      },
    );
    fireEvent.click(await screen.findByRole('button', { name: '1 lost' }));
    const dialog = await screen.findByRole('dialog', {
      name: 'The record in main',
    });
    expect(
      await within(dialog).findByRole('row', {
        name: /add-items lost: the hub applied it, the row is gone/,
      }),
    ).toBeInTheDocument();

    fireEvent.click(
      within(dialog).getByRole('button', { name: 'Compare now' }),
    );
    expect(
      await within(dialog).findByText('The hub and the target agree.'),
    ).toBeInTheDocument();
    expect(within(dialog).getByRole('alert')).toHaveTextContent(
      'The chain was cut.',
    );
  });
});
