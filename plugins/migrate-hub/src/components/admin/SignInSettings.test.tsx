import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { AuthSettings } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Refusal, renderPage } from '../../__testUtils__/renderPage';
import { SignInSettings } from './SignInSettings';

const settings: AuthSettings = {
  localSignIn: true,
  localForGoogleUsers: false,
  autoProvision: true,
  defaultRole: 'user',
  allowedDomains: ['example.com'],
  allowedEmails: [],
  deniedEmails: ['mallory@example.com'],
  localForced: false,
  revision: 7,
};
const save = () =>
  fireEvent.click(
    within(screen.getByRole('dialog')).getByRole('button', {
      name: 'Save sign-in settings',
    }),
  );

jest.setTimeout(60_000);

describe('sign-in settings', () => {
  it('say what a change comes to before it is saved', async () => {
    let stored = settings;
    let answer: unknown = new Refusal(409, {
      code: 'LAST_SIGN_IN',
      message: 'Without Google nobody could sign in any more.',
    });
    const sent = await renderPage(<SignInSettings />, {
      role: 'admin',
      answers: {
        'GET /settings/auth': () => stored,
        'PUT /settings/auth': () => answer,
      },
    });
    const button = await screen.findByRole('button', {
      name: 'Save sign-in settings',
    });
    expect(button).toBeDisabled();

    fireEvent.click(
      screen.getByRole('checkbox', {
        name: 'Sign-in with e-mail and password',
      }),
    );
    fireEvent.change(screen.getByLabelText('Allowed domains'), {
      target: { value: 'example.com\n Example.ORG \n\n' },
    });
    fireEvent.change(screen.getByLabelText('Denied addresses'), {
      target: { value: '' },
    });
    fireEvent.click(button);
    const dialog = await screen.findByRole('dialog');
    expect(
      within(dialog)
        .getAllByRole('listitem')
        .map(({ textContent }) => textContent),
    ).toEqual([
      'Nobody signs in with a password any more, and sessions that came from one end now.',
      'Allowed domains: adds example.org.',
      'Denied addresses: removes mallory@example.com.',
    ]);

    save();
    expect(await within(dialog).findByRole('alert')).toHaveTextContent(
      'nobody could sign in any more',
    );

    stored = { ...settings, localSignIn: false, revision: 8 };
    answer = stored;
    save();
    await waitFor(() =>
      expect(screen.queryByRole('dialog')).not.toBeInTheDocument(),
    );
    const { body } = sent.filter(({ method }) => method === 'PUT')[0];
    expect(body).toEqual({
      localSignIn: false,
      localForGoogleUsers: false,
      autoProvision: true,
      defaultRole: 'user',
      allowedDomains: ['example.com', 'example.org'],
      allowedEmails: [],
      deniedEmails: [],
      expectedRevision: 7,
    });
    await waitFor(() =>
      expect(
        screen.getByRole('checkbox', {
          name: 'Sign-in with e-mail and password',
        }),
      ).not.toBeChecked(),
    );
  });

  it('say that the configuration forces the password', async () => {
    await renderPage(<SignInSettings />, {
      role: 'admin',
      answers: { 'GET /settings/auth': { ...settings, localForced: true } },
    });
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'forceLocalSignIn',
    );
  });
});
