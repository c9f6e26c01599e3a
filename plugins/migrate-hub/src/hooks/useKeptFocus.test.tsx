import { fireEvent, render, screen, waitFor } from '@testing-library/react';
import { useRef, useState } from 'react';
import { useKeptFocus } from './useKeptFocus';

const Page = () => {
  const page = useRef<HTMLDivElement>(null);
  useKeptFocus(page);
  const [done, setDone] = useState(false);
  return (
    <div ref={page}>
      <section aria-label="what may be done">
        {!done && <button onClick={() => setDone(true)}>Approve</button>}
        <p>{done ? 'approved' : 'waits'}</p>
      </section>
      <a href="#elsewhere">elsewhere</a>
    </div>
  );
};

it('keeps the focus where the button was that did its work', async () => {
  render(<Page />);
  const approve = screen.getByRole('button');
  approve.focus();
  fireEvent.click(approve);
  await waitFor(() => expect(approve).not.toBeInTheDocument());
  await waitFor(() => expect(screen.getByRole('region')).toHaveFocus());
});

it('leaves the focus alone where somebody went on', async () => {
  render(<Page />);
  const approve = screen.getByRole('button');
  approve.focus();
  screen.getByRole('link').focus();
  fireEvent.click(approve);
  await waitFor(() => expect(approve).not.toBeInTheDocument());
  expect(screen.getByRole('link')).toHaveFocus();
});
