import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { User } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { at } from '../../__testUtils__/fixtures';
import { Refusal, renderPage } from '../../__testUtils__/renderPage';
import { Users } from './Users';

const grace: User = {
  id: '01936d5c-0000-7000-8000-000000000009',
  entityRef: 'user:default/u-9',
  email: 'grace@example.com',
  name: 'Grace',
  role: 'user',
  kind: 'person',
  provider: 'local',
  disabled: false,
  revision: 4,
  createdAt: at,
};
const service: User = {
  ...grace,
  id: '01936d5c-0000-7000-8000-000000000008',
  email: undefined,
  name: 'pipeline',
  kind: 'service',
  provider: 'service',
};
const press = (name: string) =>
  fireEvent.click(screen.getByRole('button', { name }));
const type = (label: RegExp, value: string) =>
  fireEvent.change(within(screen.getByRole('dialog')).getByLabelText(label), {
    target: { value },
  });
const open = (answers: Record<string, unknown>) =>
  renderPage(<Users />, {
    role: 'admin',
    answers: { 'GET /users': { items: [grace, service] }, ...answers },
  });

jest.setTimeout(60_000);

describe('users', () => {
  it('are prepared before their first sign-in, and the server says which field is wrong', async () => {
    let answer: unknown = new Refusal(400, {
      code: 'INVALID_INPUT',
      message: 'The body is wrong.',
      details: { issues: [{ path: 'email', message: 'is not an address' }] },
    });
    const sent = await open({ 'POST /users': () => answer });
    await screen.findByText('grace@example.com');
    press('New user');
    type(/E-mail/, 'ada@example.com');
    press('Create user');
    expect(await screen.findByText('is not an address')).toBeInTheDocument();

    answer = { ...grace, name: 'Ada', email: 'ada@example.com' };
    press('Create user');
    await waitFor(() =>
      expect(screen.queryByRole('dialog')).not.toBeInTheDocument(),
    );
    expect(sent.filter(({ method }) => method === 'POST').pop()?.body).toEqual({
      email: 'ada@example.com',
      role: 'user',
    });
    // The list is read again, with the new one in it.
    expect(sent.filter(({ path }) => path.startsWith('/users')).pop()).toEqual(
      expect.objectContaining({ method: 'GET' }),
    );
  });

  it('get a password that is shown once', async () => {
    const path = `POST /users/${grace.id}/one-time-password`;
    let answer: unknown = new Refusal(409, {
      code: 'GOOGLE_USER',
      message: 'Grace signs in with Google.',
    });
    await open({ [path]: () => answer });
    await screen.findByText('grace@example.com');
    expect(
      screen.queryByRole('button', { name: 'One-time password for pipeline' }),
    ).not.toBeInTheDocument();

    press('One-time password for Grace');
    press('Make a one-time password');
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'Grace signs in with Google.',
    );

    answer = { password: 'birch-lake-0042', expiresAt: at };
    press('Make a one-time password');
    expect(await screen.findByText('birch-lake-0042')).toBeInTheDocument();
    expect(screen.getByText(/not shown again/)).toBeInTheDocument();
    press('I have it');
    await waitFor(() =>
      expect(screen.queryByText('birch-lake-0042')).not.toBeInTheDocument(),
    );
  });
});
