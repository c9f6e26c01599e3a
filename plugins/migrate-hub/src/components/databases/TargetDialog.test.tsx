import { fireEvent, screen, waitFor } from '@testing-library/react';
import {
  DbSet,
  DbTarget,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { actor, at } from '../../__testUtils__/fixtures';
import { Refusal, renderPage } from '../../__testUtils__/renderPage';
import { TargetDialog } from './TargetDialog';

const dbSet: DbSet = {
  id: '01936d5c-0000-7000-8000-000000000004',
  project: 'auth',
  environment: 'stg',
  name: 'auth_stg',
  disabled: false,
  revision: 1,
  targetCounts: { total: 1, enabled: 1, failing: 0 },
  engines: ['postgres'],
  createdBy: actor,
  createdAt: at,
  updatedAt: at,
  actions: [],
  allowedActions: [],
};
const target: DbTarget = {
  id: '01936d5c-0000-7000-8000-000000000005',
  dbSet: { ...dbSet },
  name: 'main',
  engine: 'postgres',
  host: 'db-1',
  port: 5432,
  database: 'auth',
  username: 'hub',
  hasPassword: true,
  tls: { mode: 'verify-full' },
  historyTable: 'migrations',
  disabled: false,
  revision: 3,
  createdBy: actor,
  createdAt: at,
  updatedAt: at,
  actions: [],
  allowedActions: [],
};
const type = (label: RegExp, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
const press = (name: string) =>
  fireEvent.click(screen.getByRole('button', { name }));

jest.setTimeout(60_000);

describe('editing a target', () => {
  it('keeps the password unless one is typed, and asks for it where the server does', async () => {
    const path = `PATCH /db-targets/${target.id}`;
    const onSaved = jest.fn();
    let answer: unknown = new Refusal(400, {
      code: 'PASSWORD_REQUIRED',
      message: 'The password was typed for hub at db-1:5432.',
    });
    const sent = await renderPage(
      <TargetDialog
        dbSet={dbSet}
        target={target}
        onSaved={onSaved}
        onClose={() => {}}
      />,
      { answers: { [path]: () => answer } },
    );
    expect(screen.getByLabelText(/^Password/)).toHaveValue('');
    type(/^Host/, 'db-2');
    press('Save');
    await waitFor(() =>
      expect(screen.getByLabelText(/^Password/)).toHaveAccessibleDescription(
        'The password was typed for hub at db-1:5432.',
      ),
    );
    expect(sent[0].body).toMatchObject({ expectedRevision: 3, host: 'db-2' });
    expect(sent[0].body).not.toHaveProperty('password');

    answer = target;
    type(/^Password/, 'typed again');
    press('Save');
    await waitFor(() => expect(onSaved).toHaveBeenCalled());
    expect(sent[1].body).toMatchObject({ password: 'typed again' });
    expect(sent[1].body).not.toHaveProperty('clientCertificate');

    type(/^Client certificate/, ' PEM of the hub ');
    type(/^Key of the client/, 'PEM of its key');
    press('Save');
    await waitFor(() => expect(sent).toHaveLength(3));
    expect(sent[2].body).toMatchObject({
      clientCertificate: {
        certificate: 'PEM of the hub',
        key: 'PEM of its key',
      },
    });
  });

  it('tests what is typed before it is saved, check by check', async () => {
    const sent = await renderPage(
      <TargetDialog dbSet={dbSet} onSaved={() => {}} onClose={() => {}} />,
      {
        answers: {
          'POST /db-targets/test': {
            ok: false,
            latencyMs: 12,
            checks: [
              { name: 'reachable', ok: true, message: 'answers' },
              { name: 'authentication', ok: false, message: 'refused' },
            ],
          },
        },
      },
    );
    type(/^Host/, '10.0.0.1');
    type(/^Password/, 'secret');
    press('Test connection');
    expect(
      await screen.findByText('The connection does not work yet.'),
    ).toBeInTheDocument();
    expect(screen.getByText('Authentication')).toBeInTheDocument();
    expect(sent[0]).toMatchObject({
      path: '/db-targets/test',
      body: { engine: 'postgres', host: '10.0.0.1', port: 5432 },
    });

    // It says nothing about an address that was not tested.
    type(/^Host/, '10.0.0.2');
    expect(
      screen.queryByText('The connection does not work yet.'),
    ).not.toBeInTheDocument();
  });
});
