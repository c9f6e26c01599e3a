import { Patience, PatienceOptions } from './Patience';

const BATCH = 100;

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** How long a batch takes, of which the follower is told one by one. */
async function batch(
  follow: (event: number) => Promise<void>,
  options?: Partial<PatienceOptions>,
) {
  const patience = Patience.create(options);
  const began = performance.now();
  const failed: number[] = [];
  let isOver = false;
  const all = (async () => {
    for (let event = 0; event < BATCH; event += 1) {
      await patience
        .tell(() => follow(event))
        .catch(() => {
          failed.push(event);
        });
    }
    isOver = true;
  })();
  while (!isOver) await jest.advanceTimersByTimeAsync(100);
  await all;
  return { failed, seconds: (performance.now() - began) / 1000 };
}

const silence = () => new Promise<void>(() => {});
const after = (ms: number) =>
  new Promise<void>(resolve => {
    setTimeout(resolve, ms);
  });

it('one that never answers keeps the others waiting for two minutes at most', async () => {
  const tries: number[] = [];
  const { failed, seconds } = await batch(event => {
    tries.push(event);
    return silence();
  });
  expect(failed).toHaveLength(BATCH);
  expect(new Set(tries).size).toBe(BATCH);
  expect(seconds).toBeLessThan(125);
});

it('neither does one that answers only in the end, or only now and then', async () => {
  const tries = new Map<number, number>();
  const atThird = await batch(event => {
    const trial = (tries.get(event) ?? 0) + 1;
    tries.set(event, trial);
    return trial === 3 ? Promise.resolve() : silence();
  });
  expect(atThird.seconds).toBeLessThan(125);
  const everyOther = await batch(event =>
    event % 2 === 0 ? Promise.resolve() : silence(),
  );
  expect(everyOther.seconds).toBeLessThan(125);
});

it('one that is slow, but answers, is told everything', async () => {
  const { failed, seconds } = await batch(() => after(9_000));
  expect(failed).toEqual([]);
  expect(seconds).toBeGreaterThan(BATCH * 9 - 1);
});

it('one that was away for a while gets the rest', async () => {
  const { failed } = await batch(event => (event < 4 ? silence() : after(400)));
  expect(failed).toEqual([0, 1, 2, 3]);
});
