import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { Webhook } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { actor, at } from '../../__testUtils__/fixtures';
import { Refusal, renderPage } from '../../__testUtils__/renderPage';
import { Webhooks } from './Webhooks';

const url = 'https://chat.example.com/hooks/hub';
const webhook: Webhook = {
  id: actor.id,
  url,
  events: ['run.finished'],
  disabled: false,
  revision: 4,
  createdBy: actor,
  createdAt: at,
  updatedAt: at,
  lastDeliveries: [
    {
      id: actor.id,
      event: 'run.finished',
      status: 'failed',
      attempts: 8,
      createdAt: at,
      finishedAt: at,
      statusCode: 502,
    },
  ],
};
const press = async (name: string | RegExp) =>
  fireEvent.click(await screen.findByRole('button', { name }));
const dialog = async () => within(await screen.findByRole('dialog'));

jest.setTimeout(60_000);

describe('webhooks', () => {
  it('are created with a secret that is shown once, and only if they can work', async () => {
    let answer: unknown = new Refusal(400, {
      code: 'HOST_NOT_ALLOWED',
      message: 'Link-local addresses are not allowed.',
    });
    const sent = await renderPage(<Webhooks />, {
      role: 'admin',
      answers: {
        'GET /webhooks': { items: [] },
        'POST /webhooks': () => answer,
      },
    });
    await press('New webhook');
    const form = await dialog();
    const create = form.getByRole('button', { name: 'Create webhook' });
    const address = form.getByLabelText(/Address/);
    fireEvent.change(address, { target: { value: 'chat.example.com' } });
    fireEvent.submit(create.closest('form')!);
    expect(address).toHaveAccessibleDescription(/begins with https/);
    expect(form.getByText('Choose at least one.')).toBeInTheDocument();
    expect(form.getByLabelText(/Secret/)).toHaveAccessibleDescription(
      /At least 16/,
    );
    expect(sent.some(({ method }) => method === 'POST')).toBe(false);

    fireEvent.change(address, { target: { value: url } });
    fireEvent.click(form.getByLabelText('run.finished'));
    fireEvent.click(form.getByRole('button', { name: 'Make one' }));
    const [secret] = form
      .getByRole('status')
      .textContent!.match(/[0-9a-f]{64}/)!;
    fireEvent.click(create);
    expect(await form.findByText(/Link-local/)).toBeInTheDocument();
    answer = webhook;
    fireEvent.click(create);
    await waitFor(() =>
      expect(screen.queryByRole('dialog')).not.toBeInTheDocument(),
    );
    expect(sent.filter(({ method }) => method === 'POST').pop()?.body).toEqual({
      ...{ url, events: ['run.finished'], secret },
    });
  });

  it('show how the last deliveries went, and can be tested, paused and deleted', async () => {
    const sent = await renderPage(<Webhooks />, {
      role: 'admin',
      answers: {
        'GET /webhooks': { items: [webhook] },
        [`POST /webhooks/${webhook.id}/test`]: webhook,
        [`PATCH /webhooks/${webhook.id}`]: webhook,
        [`DELETE /webhooks/${webhook.id}`]: { deleted: true },
      },
    });
    expect((await screen.findAllByText(/status 502/)).length).toBe(2);
    expect(screen.getByText(/attempt 8/)).toBeInTheDocument();
    const last = () => sent[sent.length - 2];
    await press(`Send a test to ${url}`);
    await waitFor(() =>
      expect(last()).toMatchObject({
        method: 'POST',
        path: `/webhooks/${webhook.id}/test`,
      }),
    );
    await press(`Disable ${url}`);
    await waitFor(() =>
      expect(last()).toMatchObject({
        method: 'PATCH',
        body: { expectedRevision: 4, disabled: true },
      }),
    );

    await press(`Edit ${url}`);
    const form = await dialog();
    expect(form.getByLabelText(/Secret/)).toHaveValue('');
    fireEvent.click(form.getByLabelText('run.denied'));
    fireEvent.click(form.getByRole('button', { name: 'Save webhook' }));
    await waitFor(() =>
      expect(last()).toMatchObject({
        method: 'PATCH',
        body: {
          ...{ expectedRevision: 4, url },
          events: ['run.denied', 'run.finished'],
        },
      }),
    );
    expect(last().body).not.toHaveProperty('secret');

    await press(`Delete ${url}`);
    const sure = await dialog();
    const remove = sure.getByRole('button', { name: 'Delete webhook' });
    expect(remove).toBeDisabled();
    fireEvent.change(sure.getByLabelText(/Type “chat.example.com”/), {
      target: { value: 'chat.example.com' },
    });
    fireEvent.click(remove);
    await waitFor(() => expect(last()).toMatchObject({ method: 'DELETE' }));
  });
});
