import { identityApiRef } from '@backstage/core-plugin-api';
import {
  TestApiProvider,
  mockApis,
  renderInTestApp,
} from '@backstage/test-utils';
import {
  Environment,
  Me,
  Role,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { ReactElement } from 'react';
import { Route, Routes } from 'react-router-dom';
import { createMigrateHubClient, migrateHubApiRef } from '../api';
import { HubContext } from '../hooks/useHub';
import { rootRouteRef } from '../routes';
import { environments } from './answers';
import { actor, at } from './fixtures';

/** What the page sent. */
export interface Sent {
  method: string;
  path: string;
  body?: unknown;
}

/** Answers by "METHOD /path"; a function is asked each time, with the query. */
export type Answers = Record<string, unknown>;

/** A refusal as the API words it. */
export class Refusal {
  constructor(
    readonly status: number,
    readonly error: { code: string; message: string; details?: unknown },
  ) {}
}

const me = (role: Role): Me => ({
  user: {
    id: actor.id,
    entityRef: 'user:default/u-1',
    email: actor.email,
    name: actor.name,
    role,
    kind: 'person',
    provider: 'local',
    disabled: false,
    revision: 1,
    createdAt: at,
  },
  actions: [],
  allowedActions: role === 'admin' ? ['administer'] : [],
});

function answer(found: unknown, query: URLSearchParams): Response {
  const value = typeof found === 'function' ? found(query) : found;
  if (value instanceof Response) return value;
  if (value === undefined) return new Response('{}', { status: 404 });
  if (!(value instanceof Refusal)) {
    return new Response(JSON.stringify(value), { status: 200 });
  }
  const { status, error } = value;
  return new Response(
    JSON.stringify({
      error: { name: 'Error', ...error },
      request: { method: 'GET', url: '/' },
      response: { statusCode: status },
    }),
    { status, headers: { 'Content-Type': 'application/json' } },
  );
}

/** Shows a page below the shell, or outside of it as on pages of others, with an API that gives these answers. */
export async function renderPage(
  page: ReactElement,
  options: {
    answers: Answers;
    environments?: Environment[];
    outside?: boolean;
    role?: Role;
    path?: string;
    at?: string;
  },
): Promise<Sent[]> {
  const sent: Sent[] = [];
  const client = createMigrateHubClient({
    discoveryApi: mockApis.discovery({ baseUrl: 'http://hub' }),
    fetchApi: {
      fetch: async (input, init) => {
        const { pathname, search, searchParams } = new URL(String(input));
        const method = init?.method ?? 'GET';
        const path = pathname.replace('/api/migrate-hub/v1', '');
        const body = init?.body ? JSON.parse(String(init.body)) : undefined;
        sent.push({ method, path: path + search, body });
        return answer(options.answers[`${method} ${path}`], searchParams);
      },
    },
  });
  const routed = (
    <Routes>
      <Route path={options.path ?? '/'} element={page} />
    </Routes>
  );
  await renderInTestApp(
    <TestApiProvider
      apis={[
        [migrateHubApiRef, client],
        [identityApiRef, mockApis.identity()],
      ]}
    >
      {options.outside ? (
        routed
      ) : (
        <HubContext.Provider
          value={{
            me: me(options.role ?? 'manager'),
            environments: options.environments ?? environments,
            reload: () => {},
          }}
        >
          {routed}
        </HubContext.Provider>
      )}
    </TestApiProvider>,
    {
      routeEntries: [options.at ?? '/'],
      mountedRoutes: { '/migrate-hub': rootRouteRef },
    },
  );
  return sent;
}
