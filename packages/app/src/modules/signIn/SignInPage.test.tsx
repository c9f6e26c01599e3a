import {
  TestApiProvider,
  mockApis,
  renderInTestApp,
} from '@backstage/frontend-test-utils';
import {
  IdentityApi,
  configApiRef,
  discoveryApiRef,
} from '@backstage/frontend-plugin-api';
import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { SignInPage } from './SignInPage';

const OPTIONS = 'https://hub/api/migrate-hub/v1/sign-in-options';
const REFRESH = 'https://hub/api/auth/local/refresh?env=development';
const GOOGLE = 'https://hub/api/auth/google/refresh?env=development';

const answer = (token: string, expiresInSeconds = 3600) => ({
  profile: { email: 'user@example.com', displayName: 'Uma User' },
  providerInfo: {},
  backstageIdentity: {
    token,
    expiresInSeconds,
    identity: {
      type: 'user',
      userEntityRef: 'user:default/u-1',
      ownershipEntityRefs: ['user:default/u-1'],
    },
  },
});
const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json' },
  });
const refusal = (status: number, message: string, code?: string) =>
  json(
    {
      error: { name: 'Error', message, code },
      request: { method: 'POST', url: '/' },
      response: { statusCode: status },
    },
    status,
  );

describe('the sign-in page', () => {
  const server = jest.fn<Promise<Response>, [string, RequestInit]>();
  const realFetch = global.fetch;
  let signedIn: IdentityApi | undefined;
  let options: object;

  beforeEach(() => {
    signedIn = undefined;
    options = { google: false, local: true };
    server.mockReset();
    server.mockResolvedValue(refusal(401, 'Sign in first.'));
    global.fetch = async (input, init) =>
      String(input) === OPTIONS
        ? json(options)
        : server(String(input), init ?? {});
  });
  afterEach(() => {
    global.fetch = realFetch;
    jest.useRealTimers();
  });

  const remember = (identity: IdentityApi) => {
    signedIn = identity;
  };
  const open = () =>
    renderInTestApp(
      <TestApiProvider
        apis={[
          [
            configApiRef,
            mockApis.config({ data: { app: { title: 'migrate-hub' } } }),
          ],
          [discoveryApiRef, mockApis.discovery({ baseUrl: 'https://hub' })],
        ]}
      >
        <SignInPage onSignInSuccess={remember} />
      </TestApiProvider>,
    );
  const fill = async (label: string, value: string) =>
    fireEvent.change(await screen.findByLabelText(label), {
      target: { value },
    });
  const press = (name: string) =>
    fireEvent.click(screen.getByRole('button', { name }));
  const calls = () =>
    server.mock.calls.map(([url, init]) => [
      url,
      init.body && JSON.parse(String(init.body)),
    ]);

  it('lets in with email and password', async () => {
    open();
    expect(
      await screen.findByRole('heading', { name: 'Sign in to migrate-hub' }),
    ).toBeInTheDocument();
    // Nobody did anything wrong yet.
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();

    server.mockResolvedValue(json(answer('token-1')));
    await fill('Email', 'user@example.com');
    await fill('Password', 'correct horse');
    press('Sign in');

    await waitFor(() => expect(signedIn).toBeDefined());
    expect(calls()).toEqual([
      [REFRESH, undefined],
      [REFRESH, { email: 'user@example.com', password: 'correct horse' }],
    ]);
    for (const [, init] of server.mock.calls) {
      expect(init).toMatchObject({
        method: 'POST',
        credentials: 'include',
        headers: { 'X-Requested-With': 'XMLHttpRequest' },
      });
    }
    expect(await signedIn?.getProfileInfo()).toEqual({
      email: 'user@example.com',
      displayName: 'Uma User',
    });
    expect(await signedIn?.getCredentials()).toEqual({ token: 'token-1' });
  });

  it('goes on with the session of the cookie without asking', async () => {
    server.mockResolvedValue(json(answer('token-1')));
    open();
    await waitFor(() => expect(signedIn).toBeDefined());
    expect(screen.queryByLabelText('Password')).not.toBeInTheDocument();
    expect((await signedIn?.getBackstageIdentity())?.userEntityRef).toBe(
      'user:default/u-1',
    );
  });

  it("says the server's reason, and lets the person try again", async () => {
    open();
    await fill('Email', 'user@example.com');
    await fill('Password', 'wrong');
    server.mockResolvedValue(
      refusal(401, 'The e-mail address or the password is wrong.'),
    );
    press('Sign in');
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'The e-mail address or the password is wrong.',
    );
    expect(signedIn).toBeUndefined();

    server.mockRejectedValue(new TypeError('Failed to fetch'));
    press('Sign in');
    expect(
      await screen.findByText(/server of this portal cannot be reached/),
    ).toBeInTheDocument();

    server.mockResolvedValue(json(answer('token-1')));
    press('Sign in');
    await waitFor(() => expect(signedIn).toBeDefined());
  });

  it('says at once when the hub is away, and finds the session again later', async () => {
    server.mockResolvedValue(refusal(503, 'Sign-in does not work right now.'));
    open();
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'Sign-in does not work right now.',
    );
    server.mockResolvedValue(json(answer('token-1')));
    press('Try again');
    await waitFor(() => expect(signedIn).toBeDefined());
    expect(calls()).toEqual([
      [REFRESH, undefined],
      [REFRESH, undefined],
    ]);
  });

  it('changes the password on the way in', async () => {
    open();
    await fill('Email', 'user@example.com');
    await fill('Password', 'one time');
    press('Change password');
    await fill('New password', 'correct horse');
    server.mockResolvedValue(json(answer('token-1')));
    press('Sign in');
    await waitFor(() => expect(signedIn).toBeDefined());
    expect(calls().pop()).toEqual([
      REFRESH,
      {
        email: 'user@example.com',
        password: 'one time',
        newPassword: 'correct horse',
      },
    ]);
  });

  it('asks for a new password where the given one works once', async () => {
    open();
    await fill('Email', 'user@example.com');
    await fill('Password', 'one time');
    server.mockResolvedValue(
      refusal(403, 'This password works once.', 'PASSWORD_CHANGE_REQUIRED'),
    );
    press('Sign in');
    expect(await screen.findByRole('alert')).toHaveTextContent('works once');
    await fill('New password', 'correct horse');
    server.mockResolvedValue(json(answer('token-1')));
    press('Sign in');
    await waitFor(() => expect(signedIn).toBeDefined());
  });

  it('offers Google alone where the password is off, and goes on with its session', async () => {
    options = { google: true, local: false, message: 'Ask the platform team.' };
    open();
    expect(
      await screen.findByRole('button', { name: 'Sign in with Google' }),
    ).toBeInTheDocument();
    expect(screen.getByText('Ask the platform team.')).toBeInTheDocument();
    expect(screen.queryByLabelText('Password')).not.toBeInTheDocument();
    expect(calls()).toEqual([[GOOGLE, undefined]]);
  });

  it('says why Google sign-in was refused, in its own words only', async () => {
    options = { google: true, local: false };
    window.history.replaceState({}, '', '/?error=not_provisioned');
    open();
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'There is no account for you yet.',
    );
    cleanup();
    window.history.replaceState({}, '', '/?error=Call+555+now');
    open();
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'Google could not confirm who you are.',
    );
    window.history.replaceState({}, '', '/');
  });

  describe('once signed in', () => {
    async function enter() {
      server.mockResolvedValue(json(answer('token-1', 600)));
      open();
      await waitFor(() => expect(signedIn).toBeDefined());
      if (!signedIn) throw new Error('not signed in');
      server.mockReset();
      return signedIn;
    }
    const pass = (seconds: number) => {
      const now = Date.now();
      jest.spyOn(Date, 'now').mockReturnValue(now + seconds * 1000);
    };
    afterEach(() => jest.restoreAllMocks());

    it('renews the token before it ends, once for all who ask', async () => {
      const session = await enter();
      pass(530);
      expect(await session.getCredentials()).toEqual({ token: 'token-1' });
      expect(server).not.toHaveBeenCalled();

      server.mockImplementation(async () => json(answer('token-2', 600)));
      pass(20);
      const tokens = await Promise.all([
        session.getCredentials(),
        session.getCredentials(),
      ]);
      expect(tokens).toEqual([{ token: 'token-2' }, { token: 'token-2' }]);
      expect(server).toHaveBeenCalledTimes(1);
    });

    it('does not become somebody else', async () => {
      const session = await enter();
      const other = answer('token-2');
      other.backstageIdentity.identity.userEntityRef = 'user:default/u-2';
      server.mockImplementation(async () => json(other));
      pass(600);
      await expect(session.getCredentials()).rejects.toThrow(
        'Somebody else signed in',
      );
    });

    it('tells why the session is over', async () => {
      const session = await enter();
      server.mockImplementation(async () =>
        refusal(401, 'Your session has ended. Sign in again.'),
      );
      pass(600);
      await expect(session.getCredentials()).rejects.toMatchObject({
        body: { error: { message: 'Your session has ended. Sign in again.' } },
      });
    });

    it('signs out at the server', async () => {
      const session = await enter();
      server.mockResolvedValue(json({}));
      await session.signOut();
      expect(calls()).toEqual([
        ['https://hub/api/auth/local/logout?env=development', undefined],
      ]);
    });
  });
});
