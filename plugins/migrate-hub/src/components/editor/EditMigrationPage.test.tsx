import { EditorView } from '@codemirror/view';
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import {
  actor,
  environmentsWithLive,
  migration,
  run,
} from '../../__testUtils__/answers';
import { Answers, Refusal, openHub } from '../../__testUtils__/openHub';

const path = `/migrations/${migration.id}`;
const answers: Answers = {
  [`GET ${path}`]: migration,
  'POST /migrations/analyze': {
    statements: [],
    problems: [],
    effectiveMode: 'single_transaction',
  },
};

/** Types into the editor of the up script. */
async function type(sql: string) {
  const content = await screen.findByRole('textbox', {
    name: 'Up: what to do',
  });
  const editor = EditorView.findFromDOM(content);
  editor?.dispatch({
    changes: { from: 0, to: editor.state.doc.length, insert: sql },
  });
}

describe('editing a migration', () => {
  it('saves what was changed, and nothing else', async () => {
    const { asked } = openHub(`${path}/edit`, {
      ...answers,
      [`PATCH ${path}`]: migration,
    });
    fireEvent.change(await screen.findByRole('textbox', { name: /^Name/ }), {
      target: { value: 'Index sessions' },
    });
    fireEvent.click(screen.getByRole('button', { name: 'Save changes' }));
    await waitFor(() =>
      expect(screen.getByTestId('address').textContent).toMatch(
        new RegExp(`${path}$`),
      ),
    );
    const patch = asked.find(({ call }) => call.startsWith('PATCH'));
    expect(patch?.body).toEqual({
      expectedVersion: 1,
      expectedRevision: 1,
      name: 'Index sessions',
    });
  });

  it('says before saving which approvals it voids', async () => {
    const { asked } = openHub(`${path}/edit`, {
      ...answers,
      'GET /runs': { items: [run] },
      [`PATCH ${path}`]: migration,
    });
    await type('select 2;');
    const save = await screen.findByRole('button', { name: 'Save version 2' });
    expect(
      await screen.findByText('Saving sends 1 run back to approval'),
    ).toBeInTheDocument();
    fireEvent.click(save);

    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByText(/its approval becomes void/)).toBeInTheDocument();
    const confirm = dialog.getByRole('button', { name: 'Save version 2' });
    expect(confirm).toBeDisabled();
    expect(asked.some(({ call }) => call.startsWith('PATCH'))).toBe(false);

    // The run is one in prd, which is protected: the key is asked for.
    fireEvent.change(dialog.getByLabelText('Type “auth-142” to confirm'), {
      target: { value: 'auth-142' },
    });
    fireEvent.click(confirm);
    await waitFor(() =>
      expect(asked.some(({ call }) => call.startsWith('PATCH'))).toBe(true),
    );
  });

  it.each([
    ['live', true],
    ['test', false],
  ])(
    'asks in %s for the key only where it is protected',
    async (environment, asks) => {
      openHub(`${path}/edit`, {
        ...answers,
        'GET /environments': environmentsWithLive,
        'GET /runs': { items: [{ ...run, environment }] },
      });
      await type('select 2;');
      await screen.findByText('Saving sends 1 run back to approval');
      fireEvent.click(screen.getByRole('button', { name: 'Save version 2' }));
      const dialog = within(await screen.findByRole('dialog'));
      expect(dialog.queryAllByLabelText(/Type “auth-142”/)).toHaveLength(
        asks ? 1 : 0,
      );
      const confirm = dialog.getByRole('button', { name: 'Save version 2' });
      expect(confirm).toHaveProperty('disabled', asks);
    },
  );

  it('shows both when somebody else has saved meanwhile, and loses nothing', async () => {
    const theirs = {
      ...migration,
      version: 2,
      revision: 2,
      sqlUp: 'select 3;',
      updatedBy: { ...actor, name: 'Max Manager' },
    };
    let current = migration;
    const { asked } = openHub(`${path}/edit`, {
      ...answers,
      [`GET ${path}`]: () => current,
      [`PATCH ${path}`]: (body: unknown) =>
        (body as { expectedVersion: number }).expectedVersion === 2
          ? { ...theirs, version: 3 }
          : new Refusal(409, 'STALE_VERSION', 'The SQL was changed.'),
    });
    await type('select 2;');
    current = theirs;
    fireEvent.click(
      await screen.findByRole('button', { name: 'Save version 2' }),
    );

    const notice = await screen.findByText(
      'Somebody else has changed this migration',
    );
    expect(notice.closest('[role=alert]')).toHaveTextContent(
      'Max Manager saved it at version 2',
    );
    expect(
      await screen.findByText('Theirs (version 2) → Yours (not saved)'),
    ).toBeInTheDocument();

    fireEvent.click(
      screen.getByRole('button', { name: 'Keep mine on top of version 2' }),
    );
    fireEvent.click(
      await screen.findByRole('button', { name: 'Save version 3' }),
    );
    await waitFor(() =>
      expect(screen.getByTestId('address').textContent).toMatch(
        new RegExp(`${path}$`),
      ),
    );
    const patches = asked.filter(({ call }) => call.startsWith('PATCH'));
    expect(patches[1].body).toMatchObject({
      expectedVersion: 2,
      sqlUp: 'select 2;',
    });
  });
});
