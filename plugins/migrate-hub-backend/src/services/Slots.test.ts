import { Slots } from './Slots';

describe('slots', () => {
  it('let so many run at once, in turn, and refuse an endless queue', async () => {
    const slots = new Slots({ atOnce: 2, mostWaiting: 3 });
    const order: number[] = [];
    const release: (() => void)[] = [];
    let running = 0;
    let most = 0;
    const work = (n: number) =>
      slots.run(async () => {
        order.push(n);
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>(resolve => {
          release.push(resolve);
        });
        running -= 1;
        if (n === 0) throw new Error('the first one fails');
      });

    const all = [0, 1, 2, 3, 4].map(work);
    const settled = Promise.allSettled(all);
    await expect(work(5)).rejects.toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      retryAfterSeconds: 10,
    });
    while (order.length < 5 || running > 0) {
      release.shift()?.();
      await new Promise(setImmediate);
    }
    expect((await settled).map(({ status }) => status)).toEqual([
      'rejected',
      ...Array(4).fill('fulfilled'),
    ]);
    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect(most).toBe(2);
  });
});
