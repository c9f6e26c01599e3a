import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import {
  EnvironmentPolicy,
  EnvironmentPreview,
  EnvironmentSettings,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { actor, at, policy } from '../../__testUtils__/fixtures';
import { Refusal, renderPage } from '../../__testUtils__/renderPage';
import { Policies } from './Policies';

const other = { ...actor, id: actor.id.replace(/1$/, '9'), name: 'Ada Admin' };

const settingsOf = (
  name: string,
  changes: Partial<EnvironmentSettings> = {},
): EnvironmentSettings => ({
  name,
  policy,
  policyText: `In ${name}: 1 approval.`,
  rules: [
    { field: 'approvalsRequired', text: '1 approval needed.' },
    { field: 'windows', text: 'Runs start at any time.' },
  ],
  protected: name === 'prd',
  revision: 3,
  configured: policy,
  floor: {},
  floorText: [],
  floorRules: [],
  actions: [{ action: 'edit', allowed: true }],
  allowedActions: ['edit'],
  ...changes,
});

const preview = (
  changes: Partial<EnvironmentPreview> = {},
): EnvironmentPreview => ({
  policyText: '',
  changes: [],
  needsSecondAdmin: false,
  belowFloor: [],
  losingApproval: [],
  ...changes,
});

const everywhere = {
  'GET /settings/environments/daily': settingsOf('daily'),
  'GET /settings/environments/stg': settingsOf('stg'),
  'GET /settings/environments/prd': settingsOf('prd'),
  'GET /audit-events': { items: [] },
};

const choose = async (name: string) =>
  fireEvent.click(await screen.findByRole('button', { name }));
const press = async (name: string | RegExp) => {
  const button = await screen.findByRole('button', { name });
  await waitFor(() => expect(button).toBeEnabled());
  fireEvent.click(button);
};
const type = (label: string | RegExp, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } });

jest.setTimeout(60_000);

describe('policies', () => {
  it('read as sentences for everybody, and only admins may change them', async () => {
    await renderPage(<Policies />, { answers: {}, role: 'user' });
    expect(await screen.findByText('Policy of daily')).toBeInTheDocument();
    await choose('prd');
    expect(await screen.findByText('Policy of prd')).toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: /Edit/ }),
    ).not.toBeInTheDocument();
  });

  it('say what an admin’s change comes to before it is saved, and whom it sends back', async () => {
    let asked: EnvironmentPolicy | undefined;
    const sent = await renderPage(<Policies />, {
      role: 'admin',
      answers: {
        ...everywhere,
        'POST /settings/environments/stg/preview': () =>
          preview({
            changes: [
              {
                field: 'approvalsRequired',
                effect: 'stricter',
                text: '2 approvals needed. Before: 1 approval needed.',
              },
            ],
            losingApproval: [
              {
                id: actor.id,
                migration: 'auth-1',
                status: 'approved',
                granted: 1,
                required: 2,
                text: 'auth-1 (approved) would have 1 of the 2 approvals it needs.',
              },
            ],
          }),
        'PUT /settings/environments/stg': settingsOf('stg', { revision: 4 }),
      },
    });
    await choose('stg');
    await press('Edit the policy of stg');
    type(/Approvals needed/, '2');
    expect(await screen.findByText(/auth-1 \(approved\)/)).toBeInTheDocument();
    await press('Save the policy of stg');
    const dialog = within(await screen.findByRole('dialog'));
    fireEvent.click(
      dialog.getByRole('button', { name: 'Save the policy of stg' }),
    );
    await waitFor(() => {
      const put = sent.find(({ method }) => method === 'PUT');
      expect(put?.body).toMatchObject({ expectedRevision: 3 });
      asked = (put?.body as { policy: EnvironmentPolicy }).policy;
    });
    expect(asked).toEqual({ ...policy, approvalsRequired: 2 });
    expect(await screen.findByText('Policy of stg')).toBeInTheDocument();
  });

  it('tell that what is stored was not set by the hub, and let it be set again', async () => {
    const sent = await renderPage(<Policies />, {
      role: 'admin',
      answers: {
        ...everywhere,
        'GET /settings/environments/daily': settingsOf('daily', {
          unproved: true,
        }),
        'POST /settings/environments/daily/preview': preview(),
        'PUT /settings/environments/daily': settingsOf('daily'),
      },
    });
    expect(await screen.findByText(/is not signed by this hub/)).toBeVisible();
    await press('Edit the policy of daily');
    await press('Save the policy of daily');
    const dialog = within(await screen.findByRole('dialog'));
    fireEvent.click(dialog.getByRole('button', { name: /^Save the policy/ }));
    await waitFor(() =>
      expect(sent.find(({ method }) => method === 'PUT')?.body).toEqual({
        ...{ policy, expectedRevision: 3 },
      }),
    );
  });

  it('mark what is wrong at its place, and what the configuration does not allow', async () => {
    await renderPage(<Policies />, {
      role: 'admin',
      answers: {
        ...everywhere,
        'GET /settings/environments/daily': settingsOf('daily', {
          floorRules: [
            { field: 'parallelism', text: 'Up to 8 targets at a time.' },
          ],
        }),
        'POST /settings/environments/daily/preview': preview({
          changes: [
            { field: 'parallelism', effect: 'weaker', text: 'Up to 99.' },
          ],
          belowFloor: [
            { field: 'parallelism', message: 'nothing weaker than 8' },
          ],
        }),
      },
    });
    await press('Edit the policy of daily');
    const parallelism = screen.getByLabelText(/Targets at a time/);
    expect(parallelism).toHaveAccessibleDescription(/Up to 8 targets/);
    type(/Targets at a time/, '0');
    expect(parallelism).toHaveAccessibleDescription('At least 1.');

    type(/Targets at a time/, '99');
    await waitFor(() =>
      expect(parallelism).toHaveAccessibleDescription('nothing weaker than 8'),
    );
    expect(
      screen.getByRole('button', { name: 'Save the policy of daily' }),
    ).toBeDisabled();

    await press('Add a freeze');
    const freeze = within(screen.getByRole('group', { name: 'Freeze 1' }));
    expect(freeze.getByLabelText('Why')).toHaveAccessibleDescription(/Say why/);
    expect(freeze.getByLabelText('To')).toHaveAccessibleDescription(
      /date and a time/,
    );
    await press('Add a window');
    const window = within(
      screen.getAllByRole('group', { name: 'Days of window 1' })[0],
    );
    fireEvent.change(window.getByLabelText('To'), {
      target: { value: '09:00' },
    });
    expect(window.getByLabelText('To')).toHaveAccessibleDescription(
      /must differ/,
    );
  });

  it('take a second admin where they weaken prd: asked for with a reason', async () => {
    const sent = await renderPage(<Policies />, {
      role: 'admin',
      answers: {
        ...everywhere,
        'POST /settings/environments/prd/preview': preview({
          changes: [
            { field: 'selfApproval', effect: 'weaker', text: 'It may.' },
          ],
          needsSecondAdmin: true,
        }),
        'PUT /settings/environments/prd': settingsOf('prd'),
      },
    });
    await choose('prd');
    await press('Edit the policy of prd');
    fireEvent.click(screen.getByRole('checkbox', { name: /may approve/ }));
    expect(await screen.findByText(/another admin has to/)).toBeInTheDocument();
    await press('Propose the policy of prd');
    const dialog = within(await screen.findByRole('dialog'));
    const propose = dialog.getByRole('button', { name: /Propose/ });
    fireEvent.change(dialog.getByLabelText(/Why/), {
      target: { value: 'A small team' },
    });
    expect(propose).toBeDisabled();
    fireEvent.change(dialog.getByLabelText(/Type “prd”/), {
      target: { value: 'prd' },
    });
    fireEvent.click(propose);
    await waitFor(() =>
      expect(sent.find(({ method }) => method === 'PUT')?.body).toMatchObject({
        reason: 'A small team',
        policy: { selfApproval: true },
      }),
    );
  });

  it('show what waits first, to be confirmed by another, and what was changed before', async () => {
    let refusal: unknown = new Refusal(409, {
      code: 'STALE_REVISION',
      message: 'It was changed in the meantime.',
    });
    const waiting = settingsOf('prd', {
      proposal: {
        policy,
        policyText: '',
        changes: [
          { field: 'selfApproval', effect: 'weaker', text: 'They may.' },
        ],
        reason: 'A small team',
        proposedBy: other,
        proposedAt: at,
      },
      actions: [
        { action: 'edit', allowed: true },
        { action: 'confirmProposal', allowed: true },
        { action: 'rejectProposal', allowed: true },
      ],
    });
    const sent = await renderPage(<Policies />, {
      role: 'admin',
      answers: {
        ...everywhere,
        'GET /settings/environments/prd': waiting,
        'GET /audit-events': {
          items: [
            {
              id: actor.id,
              at,
              actor: other,
              action: 'settings.changed',
              entityType: 'settings',
              entityId: 'environment.prd',
              payload: {
                reason: 'After the incident',
                changes: [
                  {
                    field: 'approvalsRequired',
                    effect: 'stricter',
                    text: '2 approvals needed. Before: 1 approval needed.',
                  },
                ],
              },
            },
          ],
        },
        'POST /settings/environments/prd/proposal': () => refusal,
      },
    });
    expect(
      await screen.findByText('They may.', { exact: false }),
    ).toBeVisible();
    expect(await screen.findByText(/After the incident/)).toBeInTheDocument();
    expect(screen.getByText(/2 approvals needed. Before/)).toBeInTheDocument();
    await press('Confirm the policy of prd');
    const dialog = within(await screen.findByRole('dialog'));
    fireEvent.change(dialog.getByLabelText(/Type “prd”/), {
      target: { value: 'prd' },
    });
    const confirm = dialog.getByRole('button', { name: /Confirm/ });
    fireEvent.click(confirm);
    expect(await dialog.findByText(/in the meantime/)).toBeInTheDocument();
    refusal = settingsOf('prd');
    fireEvent.click(confirm);
    await waitFor(() =>
      expect(screen.queryByRole('dialog')).not.toBeInTheDocument(),
    );
    expect(sent.filter(({ method }) => method === 'POST').pop()?.body).toEqual({
      decision: 'confirm',
      expectedRevision: 3,
    });
  });
});
