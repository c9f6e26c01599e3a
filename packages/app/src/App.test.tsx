import { fireEvent, render, screen } from '@testing-library/react';
import App from './App';

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json' },
  });

describe('the portal', () => {
  const realFetch = global.fetch;
  const realEnv = process.env;
  afterEach(() => {
    global.fetch = realFetch;
    process.env = realEnv;
  });

  it('asks who you are, then shows the home page', async () => {
    process.env = {
      ...realEnv,
      APP_CONFIG: [
        {
          data: {
            app: {
              title: 'migrate-hub',
              baseUrl: 'http://localhost',
              // As in app-config.yaml.
              extensions: [{ 'page:home': { config: { path: '/' } } }],
            },
            backend: { baseUrl: 'http://localhost' },
          },
          context: 'test',
        },
      ] as unknown as string,
    };
    global.fetch = async (input, init) => {
      const url = String(input instanceof Request ? input.url : input);
      if (url.endsWith('/sign-in-options')) {
        return json({ google: false, local: true });
      }
      if (!url.includes('/api/auth/local/refresh')) {
        return json({ items: [] });
      }
      if (!init?.body) {
        return json({ error: {}, response: {}, request: {} }, 401);
      }
      return json({
        profile: { displayName: 'Uma User' },
        backstageIdentity: {
          token: 'e30.e30.c2ln',
          expiresInSeconds: 3600,
          identity: {
            type: 'user',
            userEntityRef: 'user:default/u-1',
            ownershipEntityRefs: ['user:default/u-1'],
          },
        },
      });
    };
    render(App.createRoot());

    const email = await screen.findByLabelText(
      'Email',
      {},
      { timeout: 20_000 },
    );
    fireEvent.change(email, { target: { value: 'user@example.com' } });
    fireEvent.change(screen.getByLabelText('Password'), {
      target: { value: 'correct horse' },
    });
    fireEvent.click(screen.getByRole('button', { name: 'Sign in' }));

    expect(
      await screen.findByRole(
        'heading',
        { name: 'Welcome, Uma User' },
        { timeout: 20_000 },
      ),
    ).toBeInTheDocument();
    expect(window.location.pathname).toBe('/');
    expect(
      screen.getByRole('link', { name: 'Migrate hub' }),
    ).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'Catalog' })).toBeInTheDocument();
  }, 60_000);
});
