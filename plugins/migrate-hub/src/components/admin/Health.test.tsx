import { screen, within } from '@testing-library/react';
import { renderPage } from '../../__testUtils__/renderPage';
import { Health } from './Health';

jest.setTimeout(60_000);

it('tells an admin what is wrong, worth a look, and good to know', async () => {
  await renderPage(<Health />, {
    role: 'admin',
    answers: {
      'GET /settings/health': {
        items: [
          { part: 'metadata database', ok: true },
          { part: 'owner of the tables', ok: true, message: 'another role' },
          { part: 'audit chain', ok: false, warning: true, message: 'cut' },
          { part: 'keys', ok: false, message: 'a key is missing' },
        ],
      },
    },
  });
  const table = within(await screen.findByRole('table', { name: 'Health' }));
  const row = (name: RegExp) => table.getByRole('row', { name });
  expect(row(/metadata database in order/)).toBeInTheDocument();
  expect(row(/owner of the tables good to know another role/)).toBeVisible();
  expect(row(/audit chain worth a look cut/)).toBeVisible();
  expect(row(/keys out of order a key is missing/)).toBeVisible();
});
