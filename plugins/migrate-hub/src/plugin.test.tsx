import {
  discoveryApiRef,
  fetchApiRef,
  identityApiRef,
} from '@backstage/core-plugin-api';
import {
  TestApiProvider,
  mockApis,
  renderInTestApp,
} from '@backstage/test-utils';
import { screen } from '@testing-library/react';
import { Route, Routes } from 'react-router-dom';
import { createMigrateHubClient, migrateHubApiRef } from './api';
import { MigrateHubPage, migrateHubPlugin } from './index';

describe('migrate-hub in a portal with the legacy frontend', () => {
  it('shows its page where it is mounted', async () => {
    const asked: string[] = [];
    const [factory] = [...migrateHubPlugin.getApis()];
    expect(factory.api.id).toBe(migrateHubApiRef.id);
    expect(Object.values(factory.deps)).toEqual([discoveryApiRef, fetchApiRef]);

    const client = createMigrateHubClient({
      discoveryApi: mockApis.discovery({ baseUrl: 'http://hub' }),
      fetchApi: {
        fetch: async input => {
          asked.push(String(input));
          return new Response(
            String(input).endsWith('/environments') ? '[]' : '{"items":[]}',
            { status: String(input).endsWith('/me') ? 503 : 200 },
          );
        },
      },
    });
    await renderInTestApp(
      <TestApiProvider
        apis={[
          [migrateHubApiRef, client],
          [identityApiRef, mockApis.identity()],
        ]}
      >
        <Routes>
          <Route path="/migrate-hub/*" element={<MigrateHubPage />} />
        </Routes>
      </TestApiProvider>,
      { routeEntries: ['/migrate-hub'] },
    );

    expect(
      await screen.findByRole('heading', { name: 'Migrate hub' }),
    ).toBeInTheDocument();
    expect(asked).toContain('http://hub/api/migrate-hub/v1/me');
  });
});
