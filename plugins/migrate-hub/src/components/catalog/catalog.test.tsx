import { Entity } from '@backstage/catalog-model';
import { EntityProvider } from '@backstage/plugin-catalog-react';
import { screen, within } from '@testing-library/react';
import { ReactElement } from 'react';
import {
  dashboard,
  environmentsWithLive,
  me,
  run,
  summary,
} from '../../__testUtils__/answers';
import { renderPage } from '../../__testUtils__/renderPage';
import { EntityMigrations } from './EntityMigrations';
import { EntityMigrationsCard } from './EntityMigrationsCard';
import { WaitingForMe } from './WaitingForMe';

const entity = (annotations: Record<string, string>): Entity => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'auth', annotations },
});
const auth = entity({ 'migrate-hub/project': 'auth' });

/** A run in production, which is not called prd. */
const inLive = { ...run, environment: 'live' };
const edge = { borderLeftStyle: 'solid' };

const open = (part: ReactElement, of: Entity = auth) =>
  renderPage(<EntityProvider entity={of}>{part}</EntityProvider>, {
    outside: true,
    answers: {
      'GET /me': me,
      'GET /environments': environmentsWithLive,
      'GET /migrations': { items: [summary] },
      'GET /runs': { items: [inLive] },
      'GET /dashboard': {
        ...dashboard,
        waitingForMe: [{ kind: 'approve', run: inLive, since: run.createdAt }],
      },
    },
  });

jest.setTimeout(60_000);

describe('an entity of the catalog', () => {
  it('shows the migrations of its project in a tab', async () => {
    const sent = await open(<EntityMigrations />);
    expect(
      await screen.findByRole('link', { name: 'auth-142' }),
    ).toHaveAttribute('href', `/migrate-hub/migrations/${summary.id}`);
    expect(
      screen.getByRole('button', { name: 'New migration' }),
    ).toBeInTheDocument();
    expect(sent.map(({ path }) => path)).toContain(
      '/migrations?project=auth&limit=25',
    );
  });

  it('says which annotation it lacks', async () => {
    await open(<EntityMigrations />, entity({}));
    expect(await screen.findByText('Missing Annotation')).toBeInTheDocument();
    expect(screen.getAllByText(/migrate-hub\/project/).length).toBeGreaterThan(
      0,
    );
  });

  it('shows on a card what is pending in each environment', async () => {
    await open(<EntityMigrationsCard />);
    const link = await screen.findByRole('link', { name: 'auth-142' });
    expect(link).toHaveAttribute('href', `/migrate-hub/runs/${run.id}`);
    const card = within(screen.getByRole('region', { name: 'Migrations' }));
    expect(card.getAllByRole('term').map(one => one.textContent)).toEqual([
      'test',
      'live',
    ]);
    expect(card.getByText('live')).toHaveStyle(edge);
    expect(card.getByText('test')).not.toHaveStyle(edge);
    expect(card.getByText('approved')).toBeInTheDocument();
  });
});

describe('the home page', () => {
  it('shows what waits for me', async () => {
    await open(<WaitingForMe />);
    expect(
      await screen.findByRole('link', {
        name: 'Approve auth-142 on 12 targets in live',
      }),
    ).toHaveAttribute('href', `/migrate-hub/runs/${run.id}`);
    expect(screen.getByText('live')).toHaveStyle(edge);
  });
});
