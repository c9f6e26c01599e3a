import { identityApiRef } from '@backstage/core-plugin-api';
import {
  TestApiProvider,
  mockApis,
  renderInTestApp,
} from '@backstage/frontend-test-utils';
import { Route, Routes, useLocation } from 'react-router-dom';
import { createMigrateHubClient, migrateHubApiRef } from '../api';
import { MigrateHubPage } from '../components/MigrateHubPage';
import { rootRouteRef } from '../routes';
import { environments, me } from './answers';

/** What the server answers to `GET /migrations?limit=50` and the like. */
export type Answers = Record<string, unknown | ((body: unknown) => unknown)>;

/** A refusal of the API; thrown or answered. */
export class Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;

  constructor(status: number, code: string, message: string) {
    this.status = status;
    this.code = code;
    this.message = message;
  }
}

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json', 'X-Request-Id': 'req-7' },
  });

function respond(answer: unknown): Response {
  // Of what stands before the hub.
  if (answer instanceof Response) return answer;
  if (!(answer instanceof Refusal)) return json(answer);
  const { status, code, message } = answer;
  return json(
    {
      error: { name: 'Error', message, code },
      request: { method: 'GET', url: '/' },
      response: { statusCode: status },
    },
    status,
  );
}

const Address = () => {
  const { pathname, search } = useLocation();
  return <span data-testid="address">{`${pathname}${search}`}</span>;
};

/** The hub at this address with its real client, in front of a server that answers so. */
export function openHub(address: string, answers: Answers) {
  const asked: { call: string; body?: unknown }[] = [];
  const identity = mockApis.identity();
  const signOut = jest.spyOn(identity, 'signOut').mockResolvedValue();
  const all: Answers = {
    'GET /me': me,
    'GET /environments': environments,
    'GET /projects': { items: [] },
    'GET /db-sets': { items: [] },
    'GET /runs': { items: [] },
    ...answers,
  };
  const client = createMigrateHubClient({
    discoveryApi: { getBaseUrl: async () => 'http://hub/api/migrate-hub' },
    fetchApi: {
      fetch: async (input, init) => {
        const path = String(input).replace('http://hub/api/migrate-hub/v1', '');
        const call = `${init?.method ?? 'GET'} ${path}`;
        const body = init?.body && JSON.parse(String(init.body));
        asked.push({ call, body });
        const answer = all[call] ?? all[call.split('?')[0]];
        if (answer === undefined) throw new Error(`no answer to ${call}`);
        return respond(
          typeof answer === 'function' ? await answer(body) : answer,
        );
      },
    },
  });
  renderInTestApp(
    <TestApiProvider
      apis={[
        [migrateHubApiRef, client],
        [identityApiRef, identity],
      ]}
    >
      <Address />
      <Routes>
        <Route path="/migrate-hub/*" element={<MigrateHubPage />} />
      </Routes>
    </TestApiProvider>,
    {
      initialRouteEntries: [`/migrate-hub${address}`],
      mountedRoutes: { '/migrate-hub': rootRouteRef },
    },
  );
  return { asked, signOut };
}
