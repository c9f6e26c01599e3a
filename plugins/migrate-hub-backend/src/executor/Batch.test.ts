import { Batch } from './Batch';

/** Work that ends when it is told to, and what it was asked each time. */
function heldWork() {
  const rounds: {
    asks: number[];
    answer: () => void;
    fail: (error: Error) => void;
  }[] = [];
  const batch = Batch.create<number, string>(
    asks =>
      new Promise((resolve, reject) => {
        const answer = () => resolve(asks.map(ask => `to ${ask}`));
        rounds.push({ asks, answer, fail: reject });
      }),
  );
  const turn = () => new Promise(resolve => setImmediate(resolve));
  return { batch, rounds, turn };
}

describe('work that is done for many at a time', () => {
  it('takes what is asked in one instant together, and what is asked meanwhile the next time', async () => {
    const { batch, rounds, turn } = heldWork();
    const first = Promise.all([batch.ask(1), batch.ask(2)]);
    await turn();
    const second = Promise.all([batch.ask(3), batch.ask(4)]);
    await turn();
    // No answer is older than its question: the second round has not begun.
    expect(rounds.map(({ asks }) => asks)).toEqual([[1, 2]]);
    rounds[0].answer();
    expect(await first).toEqual(['to 1', 'to 2']);
    await turn();
    expect(rounds.map(({ asks }) => asks)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    rounds[1].answer();
    expect(await second).toEqual(['to 3', 'to 4']);

    const later = batch.ask(5);
    await turn();
    rounds[2].answer();
    expect(await later).toBe('to 5');
  });

  it('fails for those who asked, and not for who asks next', async () => {
    const { batch, rounds, turn } = heldWork();
    const asked = Promise.allSettled([batch.ask(1), batch.ask(2)]);
    await turn();
    const next = batch.ask(3);
    rounds[0].fail(new Error('the store is away'));
    const why = new Error('the store is away');
    expect(await asked).toEqual([
      { status: 'rejected', reason: why },
      { status: 'rejected', reason: why },
    ]);
    await turn();
    rounds[1].answer();
    expect(await next).toBe('to 3');
  });
});
