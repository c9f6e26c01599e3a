import { fireEvent, screen } from '@testing-library/react';
import { AuditVerification } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { at } from '../../__testUtils__/fixtures';
import { Refusal, renderPage } from '../../__testUtils__/renderPage';
import { AuditLog } from './AuditLog';
import { SecretKeys } from './SecretKeys';

jest.setTimeout(60_000);

const intact: AuditVerification = {
  ok: true,
  checked: 12,
  after: 12_469,
  head: { seq: 12_481, hash: 'a'.repeat(64), at, keyId: 'k1' },
  pending: 0,
  notes: [],
};
const broken: AuditVerification = {
  ...intact,
  ok: false,
  checked: 7,
  after: 0,
  brokenAt: { seq: 7, event: '01936d5c-0000-7000-8000-000000000009' },
  reason: 'The event is not what was linked.',
};

const answers = {
  'GET /audit-events': { items: [] },
  'GET /audit-events/verify': (query: URLSearchParams) =>
    query.get('full') ? broken : intact,
  'GET /audit-events/export': new Refusal(403, {
    code: 'PERMISSION_DENIED',
    message: 'Only admins export.',
  }),
};

describe('the evidence above the audit log', () => {
  it('says whether the chain is intact, and where it is not', async () => {
    const sent = await renderPage(<AuditLog />, { answers, role: 'admin' });
    expect(
      await screen.findByText(/Chain intact: 12 events since link 12,469/),
    ).toBeInTheDocument();
    expect(screen.getByText(/link 12,481, key k1/)).toBeInTheDocument();

    fireEvent.click(
      screen.getByRole('button', { name: 'Verify from the first event' }),
    );
    expect(
      await screen.findByText(
        /The chain is broken at link 7\. The event is not what was linked\./,
      ),
    ).toBeInTheDocument();

    fireEvent.click(
      screen.getByRole('button', { name: 'Export all as NDJSON' }),
    );
    expect(await screen.findByText(/Only admins export/)).toBeInTheDocument();
    expect(sent.map(({ path }) => path)).toContain(
      '/audit-events/export?format=ndjson',
    );
  });

  it('is not offered to managers', async () => {
    await renderPage(<AuditLog />, { answers, role: 'manager' });
    expect(
      await screen.findByText('Nothing is recorded yet.'),
    ).toBeInTheDocument();
    expect(screen.queryByText('Is the trail intact?')).toBeNull();
  });
});

describe('the keys of secrets', () => {
  it('tell what depends on each, and which is missing', async () => {
    const key = { since: at, current: false, configured: true };
    const none = {
      ...{ targets: 0, clientCertificates: 0, sessions: 0, webhooks: 0 },
    };
    await renderPage(<SecretKeys />, {
      answers: {
        'GET /settings/secrets': {
          keys: [
            {
              ...key,
              id: 'new',
              current: true,
              ciphertexts: { ...none, targets: 3 },
            },
            {
              ...{ ...key, id: 'old' },
              ciphertexts: { ...none, targets: 41, sessions: 2 },
            },
            { ...key, id: 'older', ciphertexts: { ...none, webhooks: 1 } },
            { ...key, id: 'spare', ciphertexts: none },
            {
              ...key,
              id: 'gone',
              configured: false,
              ciphertexts: { ...none, targets: 1 },
            },
          ],
        },
      },
      role: 'admin',
    });
    expect(
      await screen.findByRole('row', {
        name: /new encrypts from now on .* 3 0 0 0/,
      }),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('row', {
        name: /old still decrypts: rotate .* 41 0 2 0/,
      }),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('row', { name: /older still decrypts: rotate/ }),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('row', { name: /spare nothing depends on it/ }),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('row', { name: /gone not configured any more/ }),
    ).toBeInTheDocument();
  });
});
